/** Names come from whoever could create a resource: nothing in them may drive a terminal or turn its text around. */

// Controls (C0, DEL, C1), format characters (bidirectional marks and overrides, zero-width ones, tags),
// line and paragraph separators, lone surrogates: https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const toEscapes = (character: string) =>
  character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Text of data as one harmless line: whatever acts instead of showing is shown as its escape. */
export const toPrintable = (text: string): string =>
  text.replace(unprintable, (character) =>
    character === '\n' ? '\\n' : character === '\t' ? '\\t' : toEscapes(character),
  );

/** A value as one line of JSON that is harmless on a terminal and reads back as the very same value. */
export const toPrintableJson = (value: object): string =>
  JSON.stringify(value).replace(unprintable, toEscapes);
