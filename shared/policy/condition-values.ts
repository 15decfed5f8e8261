import { isIPv4, isIPv6 } from 'node:net';

/** Addresses of one family as numbers: those whose first `prefixLength` bits are those of `network`. */
export type AddressRange = { bits: 32 | 128; network: bigint; prefixLength: number };

/** A number as IAM writes it, or null. */
export function parseNumber(text: string): number | null {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

/** A moment in milliseconds: an ISO 8601 date as W3C narrows it, or seconds since 1970. Null for anything else. */
export function parseDate(text: string): number | null {
  if (/^-?\d{5,}(\.\d+)?$/.test(text)) {
    return Number(text) * 1000;
  }
  if (!/^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/.test(text)) {
    return null;
  }
  // Without a zone IAM means UTC, JavaScript local time.
  const moment = Date.parse(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  return Number.isNaN(moment) ? null : moment;
}

/** An address or a CIDR block of either family, or null. */
export function parseAddressRange(text: string): AddressRange | null {
  const [address = '', length, ...rest] = text.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : null;
  if (bits === null || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) {
    return null;
  }
  const prefixLength = length === undefined ? bits : Number(length);
  if (prefixLength > bits) {
    return null;
  }
  const hostBits = BigInt(bits - prefixLength);
  return { bits, prefixLength, network: (toNumber(address) >> hostBits) << hostBits };
}

/** Whether every address of the second range is in the first. */
export function hasRange(outer: AddressRange, inner: AddressRange): boolean {
  const hostBits = BigInt(outer.bits - outer.prefixLength);
  return (
    outer.bits === inner.bits &&
    inner.prefixLength >= outer.prefixLength &&
    inner.network >> hostBits === outer.network >> hostBits
  );
}

/** The first address of a range, as text. */
export function toAddressText({ bits, network }: AddressRange): string {
  const width = bits === 32 ? 8n : 16n;
  const parts = Array.from({ length: bits / Number(width) }, (_, index) => {
    const part = (network >> (BigInt(bits) - width * BigInt(index + 1))) & ((1n << width) - 1n);
    return part.toString(bits === 32 ? 10 : 16);
  });
  return parts.join(bits === 32 ? '.' : ':');
}

function toNumber(address: string): bigint {
  // An IPv4 address, or the tail of one of IPv6 (::ffff:192.0.2.1), is two groups.
  const groups = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
  });
  const [head = '', tail] = (groups.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}
