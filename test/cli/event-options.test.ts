import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseEvents } from '../../cli/event-options.ts';

const folder = tmpdir();

describe('--since, --trail and --logs', () => {
  it.each([
    ['nothing is asked of CloudTrail without them', {}, undefined],
    ['--since in hours asks LookupEvents', { since: '24h' }, { sinceHours: 24 }],
    ['--since in days', { since: '90d' }, { sinceHours: 2160 }],
    [
      '--trail reads a bucket',
      { since: '7d', trail: 's3://trail-bucket/some/prefix/' },
      { sinceHours: 168, logs: { kind: 'bucket', bucket: 'trail-bucket', prefix: 'some/prefix' } },
    ],
    [
      '--trail without a prefix',
      { since: '7d', trail: 's3://trail-bucket' },
      { sinceHours: 168, logs: { kind: 'bucket', bucket: 'trail-bucket', prefix: '' } },
    ],
    [
      '--logs reads a folder whole',
      { logs: '.' },
      { sinceHours: 2160, logs: { kind: 'folder', path: folder, isWhole: true } },
    ],
    [
      '--logs reads the time that --since says',
      { logs: '.', since: '1h' },
      { sinceHours: 1, logs: { kind: 'folder', path: folder, isWhole: false } },
    ],
  ])('%s', async (_name, values, expected) => {
    expect(await parseEvents(values, folder)).toEqual(expected);
  });

  it.each([
    ['--since: "1w" is no time', { since: '1w' }],
    ['--since: "0h" is no time', { since: '0h' }],
    ['--since: "91d" is no time', { since: '91d' }],
    ['--since: "" is no time', { since: '' }],
    ['--trail: "bucket" is not s3://', { since: '1h', trail: 'bucket' }],
    ['--trail: "s3://B_" is not s3://', { since: '1h', trail: 's3://B_' }],
    ['--trail needs --since', { trail: 's3://bucket' }],
    ['--trail and --logs exclude each other', { since: '1h', trail: 's3://bucket', logs: '.' }],
    ['--logs: "absent" can\'t be read', { logs: 'absent' }],
  ])('refuses: %s', async (message, values) => {
    await expect(parseEvents(values, folder)).rejects.toThrow(message);
  });
});
