/** What comes from data is hostile: nothing of it may become markup, script, or text that is read another way round. */
import { toPrintable } from '../printable.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of data as HTML, in an element or a quoted attribute. */
export const toHtmlText = (text: string): string =>
  toPrintable(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');

/**
 * A value as JSON within a script element, where only `<` could end it or begin another:
 * https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
 */
export const toScriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** Text of data whose lines are kept, each harmless. */
export const toPrintableLines = (text: string): string => text.split('\n').map(toPrintable).join('\n');

/** An address that a link may lead to: a report of somebody else's JSON must not run what is in it. */
export const isWebAddress = (address: string): boolean => {
  // Node.js 22.0 has no URL.parse yet.
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:');
};
