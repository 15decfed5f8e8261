/** What every value of the population holds, and how to find it wherever it has come to. */

export const canary = 'S3CR3T-canary-7f3a9c';

/**
 * The text in base64, whatever stands before and after it: three bytes become four characters, so where it begins
 * decides how it looks. What depends on its neighbours is left out.
 */
const toBase64Forms = (text: string): string[] =>
  [0, 1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + text)
      .toString('base64')
      .slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + text.length) * 8) / 6)),
  );

const once = toBase64Forms(canary);
const forms: readonly [form: string, text: string][] = [
  ['plain', canary],
  ...once.map((text): [string, string] => ['base64', text]),
  ...once.flatMap(toBase64Forms).map((text): [string, string] => ['base64 twice', text]),
  // How each release of Helm begins: gzip, in base64 twice. The canary within it shows in no other way.
  ['helm release', 'SDRzSUFBQUFBQUFB'],
];

/** The forms in which the canary stands in a text. */
export const findCanary = (text: Buffer | string): string[] => [
  ...new Set(forms.filter(([, form]) => text.includes(form)).map(([name]) => name)),
];
