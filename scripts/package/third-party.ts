/** The licences of what is bundled, which each of them asks to be handed on with it. */
import type { BundledPackage } from './packages.ts';

/**
 * Takes the bundled packages and the text of Apache-2.0; gives one text with every licence, each once. Some of AWS's
 * packages name Apache-2.0 and come without its text; of any other licence the text belongs to its owner and has to be there.
 */
export const toThirdPartyLicences = (packages: readonly BundledPackage[], apache: string): string => {
  const holders = new Map<string, string[]>();
  for (const { name, version, license, licenceTexts } of packages) {
    if (licenceTexts.length === 0 && license !== 'Apache-2.0')
      throw new Error(`${name}@${version} comes without the text of its licence (${license})`);
    const text = (licenceTexts.length === 0 ? [apache] : licenceTexts)
      .map((part) => part.replaceAll('\r\n', '\n').trim())
      .join('\n\n');
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [
    'Bundled with Keyward are these packages, under these licences.\n',
    ...[...holders].map(([text, names]) => `${'-'.repeat(80)}\n\n${names.join('\n')}\n\n${text}\n`),
  ].join('\n');
};
