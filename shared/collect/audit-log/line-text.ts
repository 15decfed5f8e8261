/** One line of an audit log's file as text: the event in it, and when it was, as far as it can be told. */

/** What `aws logs create-export-task` puts before each line: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html */
const exported = /^\uFEFF?\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\s+)?\{/;

/** Takes a line, or a message; gives the text that should be JSON, or undefined where none can be. */
const toBody = (text: string): string | undefined => {
  if (text.startsWith('{')) return text;
  const start = exported.exec(text);
  return start ? text.slice(start[0].length - 1) : undefined;
};

const open = 0x7b;
const longestStart = 64;

/** Takes a line, or a message; gives where the text begins that should be JSON. */
export const findBody = (bytes: Buffer, begin: number, end: number): number => {
  if (bytes[begin] === open) return begin;
  const start = exported.exec(bytes.toString('latin1', begin, Math.min(begin + longestStart, end)));
  return start ? begin + start[0].length - 1 : begin;
};

/** Takes a line, or a message; gives its JSON, or `unreadable` where it is none. */
export const parseLine = (text: string): unknown | 'unreadable' => {
  try {
    const parsed: unknown = JSON.parse(toBody(text) ?? '');
    return parsed;
  } catch {
    return 'unreadable';
  }
};

/** Whether JSON is an audit event, of whatever. */
export const isAuditEvent = (parsed: unknown): boolean =>
  getText(parsed, 'apiVersion')?.startsWith('audit.k8s.io/') === true;

/** Takes an audit event; gives when it was written, in milliseconds. */
export const getWrittenAt = (parsed: unknown): number | undefined =>
  toTime(getText(parsed, 'stageTimestamp'));

/** Takes a line that can't be read; gives when it may have been written, in milliseconds, where its text tells it. */
export const guessWrittenAt = (text: string): number | undefined => {
  const [, own] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)\s/.exec(text) ?? [];
  const [, told] = /\\?"(?:stageTimestamp|requestReceivedTimestamp)\\?":\s*\\?"([^"\\]+)/.exec(text) ?? [];
  return toTime(own ?? told);
};

const toTime = (text: string | undefined): number | undefined => {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
};

/** The text of one of an event's own members. */
export const getText = (parsed: unknown, name: string): string | undefined => {
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const value: unknown = Reflect.get(parsed, name);
  return typeof value === 'string' ? value : undefined;
};
