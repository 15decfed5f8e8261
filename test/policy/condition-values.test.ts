import { describe, expect, it } from 'vitest';
import { isWideRange, toAddresses } from '../../shared/policy/address-classes.ts';
import {
  hasRange,
  parseAddressRange,
  parseDate,
  parseNumber,
  toAddressText,
} from '../../shared/policy/condition-values.ts';

describe('a number', () => {
  it.each<[text: string, number: number | null]>([
    ['5', 5],
    ['-5', -5],
    ['+5', 5],
    ['12.5', 12.5],
    ['12.', 12],
    ['.5', 0.5],
    ['.55', 0.55],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['15e-1', 1.5],
    ['1e10', 1e10],
    ['', null],
    ['.', null],
    ['five', null],
    ['5 days', null],
    ['x5', null],
    ['0x10', null],
    ['1e', null],
    ['--5', null],
    ['Infinity', null],
  ])('%j is %j', (text, number) => {
    expect(parseNumber(text)).toBe(number);
  });
});

describe('a moment', () => {
  it.each<[text: string, iso: string | null]>([
    ['2026', '2026-01-01T00:00:00.000Z'],
    ['2026-03', '2026-03-01T00:00:00.000Z'],
    ['2026-03-04', '2026-03-04T00:00:00.000Z'],
    ['2026-03-04T05:06', '2026-03-04T05:06:00.000Z'],
    ['2026-03-04T05:06Z', '2026-03-04T05:06:00.000Z'],
    ['2026-03-04T05:06:07', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04T05:06:07.089Z', '2026-03-04T05:06:07.089Z'],
    ['2026-03-04T05:06:07+01:00', '2026-03-04T04:06:07.000Z'],
    ['2026-03-04T05:06:07-02:00', '2026-03-04T07:06:07.000Z'],
    ['1772600767', '2026-03-04T05:06:07.000Z'],
    ['1772600767.5', '2026-03-04T05:06:07.500Z'],
    ['1772600767.125', '2026-03-04T05:06:07.125Z'],
    ['2026-03-04T05:06:07+0100', '2026-03-04T04:06:07.000Z'],
    ['-12345', '1969-12-31T20:34:15.000Z'],
    ['12345', '1970-01-01T03:25:45.000Z'],
    ['2026-13-04', null],
    ['2026-03-04 05:06', null],
    ['04.03.2026', null],
    ['x2026', null],
    ['2026x', null],
    ['x1772600767', null],
    ['1772600767x', null],
    ['123', null],
    ['', null],
  ])('%j is %j', (text, iso) => {
    const moment = parseDate(text);
    expect(moment === null ? null : new Date(moment).toISOString()).toBe(iso);
  });
});

describe('a moment without a zone', () => {
  it.each([
    ['2026-03-04T05:06:07', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04T05:06', '2026-03-04T05:06:00.000Z'],
    ['2026-03-04T05:06:07+01:00', '2026-03-04T04:06:07.000Z'],
    ['2026-03-04T05:06:07+0100', '2026-03-04T04:06:07.000Z'],
    ['2026-03-04', '2026-03-04T00:00:00.000Z'],
  ])('is one of UTC, wherever it is read: %s is %s', (text, iso) => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
    try {
      expect(new Date(parseDate(text) ?? 0).toISOString()).toBe(iso);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});

describe('an address range', () => {
  it.each<[text: string, told: [first: string, bits: number, prefixLength: number] | null]>([
    ['10.1.2.3', ['10.1.2.3', 32, 32]],
    ['10.1.2.3/8', ['10.0.0.0', 32, 8]],
    ['10.1.2.3/31', ['10.1.2.2', 32, 31]],
    ['0.0.0.0/0', ['0.0.0.0', 32, 0]],
    ['255.255.255.255/32', ['255.255.255.255', 32, 32]],
    ['2001:db8::1', ['2001:db8:0:0:0:0:0:1', 128, 128]],
    ['2001:DB8::1/32', ['2001:db8:0:0:0:0:0:0', 128, 32]],
    ['::', ['0:0:0:0:0:0:0:0', 128, 128]],
    ['::/0', ['0:0:0:0:0:0:0:0', 128, 0]],
    ['::5', ['0:0:0:0:0:0:0:5', 128, 128]],
    ['5::', ['5:0:0:0:0:0:0:0', 128, 128]],
    ['1:2:3:4:5:6:7:8', ['1:2:3:4:5:6:7:8', 128, 128]],
    ['::ffff:192.0.2.1', ['0:0:0:0:0:ffff:c000:201', 128, 128]],
    ['::ffff:192.168.210.123', ['0:0:0:0:0:ffff:c0a8:d27b', 128, 128]],
    ['1.2.3.4', ['1.2.3.4', 32, 32]],
    ['192.168.210.123/17', ['192.168.128.0', 32, 17]],
    ['::ffff:1.2.3.4/112', ['0:0:0:0:0:ffff:102:0', 128, 112]],
    ['fe80::1%eth0', ['fe80:0:0:0:0:0:0:1', 128, 128]],
    ['10.1.2', null],
    ['10.1.2.3/33', null],
    ['::1/129', null],
    ['10.1.2.3/', null],
    ['10.1.2.3/8/8', null],
    ['10.1.2.3/x', null],
    ['10.1.2.3/-1', null],
    ['10.1.2.3/8x', null],
    ['10.1.2.3/0008', null],
    ['', null],
  ])('%j is %j', (text, told) => {
    const range = parseAddressRange(text);
    expect(range && [toAddressText(range), range.bits, range.prefixLength]).toEqual(told);
  });

  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/8', false],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.0', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.0', false],
  ])('%s holds %s: %s', (outer, inner, answer) => {
    const [one, other] = [parseAddressRange(outer), parseAddressRange(inner)];
    expect(one && other && hasRange(one, other)).toBe(answer);
  });

  it.each([
    ['8.0.0.0/7', true],
    ['10.0.0.0/8', false],
    ['2001::/31', true],
    ['2001:db8::/32', false],
  ])('%s is too wide to be somebody’s own: %s', (text, answer) => {
    const range = parseAddressRange(text);
    expect(range && isWideRange(range)).toBe(answer);
  });
});

describe('one address for each region of the address space', () => {
  const parse = (texts: string[]) => texts.flatMap((text) => parseAddressRange(text) ?? []);
  it.each<[ranges: string[], forbidden: string[], addresses: string[]]>([
    [[], [], ['203.0.113.50', '2001:db8::50']],
    [['10.0.0.0/8'], [], ['203.0.113.50', '2001:db8::50', '10.0.0.0']],
    [['203.0.113.0/24'], [], ['0.0.0.0', '2001:db8::50', '203.0.113.50']],
    [['10.0.0.0/8', '10.0.0.0/8'], [], ['203.0.113.50', '2001:db8::50', '10.0.0.0']],
    [['10.0.0.0/8', '10.0.0.0/9'], [], ['203.0.113.50', '2001:db8::50', '10.128.0.0', '10.0.0.0']],
    [
      ['10.0.0.0/8', '10.0.0.0/9', '10.128.0.0/9'],
      [],
      ['203.0.113.50', '2001:db8::50', '10.0.0.0', '10.128.0.0'],
    ],
    [['10.0.0.0/8'], ['10.0.0.0/8'], ['203.0.113.50', '2001:db8::50']],
    [['10.0.0.0/8'], ['10.0.0.0/9'], ['203.0.113.50', '2001:db8::50', '10.128.0.0']],
    [['10.0.0.0/8'], ['0.0.0.0/0'], ['2001:db8::50']],
    [['0.0.0.0/1', '128.0.0.0/1'], [], ['2001:db8::50', '0.0.0.0', '203.0.113.50']],
    [['2001:db8::/32'], [], ['203.0.113.50', '0:0:0:0:0:0:0:0', '2001:db8::50']],
    [['::/1'], ['203.0.113.50/32'], ['0.0.0.0', '8000:0:0:0:0:0:0:0', '2001:db8::50']],
  ])('of %j without %j is %j', (ranges, forbidden, addresses) => {
    expect(toAddresses(parse(ranges), parse(forbidden))).toEqual(addresses);
  });
});
