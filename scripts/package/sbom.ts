/** The bill of materials of the bundle, as CycloneDX has it: https://cyclonedx.org/docs/1.6/json/ */
import { ComponentType, HashAlgorithm } from '@cyclonedx/cyclonedx-library/Enums';
import {
  Bom,
  Component,
  LicenseExpression,
  LicenseRepository,
  SpdxLicense,
} from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json, JsonSerializer } from '@cyclonedx/cyclonedx-library/Serialize';
import { isSupportedSpdxId } from '@cyclonedx/cyclonedx-library/SPDX';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import type { BundledPackage } from './packages.ts';

/**
 * Takes the program, the bundled packages and, by path, what the lock file says of their archives; gives the bill as
 * JSON. It holds no time and no number of its own: the same bundle has the same bill.
 */
export const toBillOfMaterials = (
  program: { name: string; version: string; license: string },
  packages: readonly BundledPackage[],
  integrity: ReadonlyMap<string, string>,
): string => {
  const application = new Component(ComponentType.Application, program.name, toDetails(program));
  const bom = new Bom();
  bom.metadata.component = application;
  const components = new Map(packages.map((known) => [known.path, toComponent(known, integrity)]));
  for (const { path, uses, isUsedByKeyward } of packages) {
    const component = components.get(path);
    if (!component) continue;
    bom.components.add(component);
    if (isUsedByKeyward) application.dependencies.add(component.bomRef);
    for (const used of uses) {
      const other = components.get(used);
      if (other) component.dependencies.add(other.bomRef);
    }
  }
  const serializer = new JsonSerializer(new Json.Normalize.Factory(Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
};

const toComponent = (known: BundledPackage, integrity: ReadonlyMap<string, string>): Component => {
  const [, group, name = known.name] = /^(@[^/]+)\/(.+)$/.exec(known.name) ?? [];
  const component = new Component(ComponentType.Library, name, { group, ...toDetails(known) });
  const [, hash] = /^sha512-(\S+)$/.exec(integrity.get(known.path) ?? '') ?? [];
  if (hash) component.hashes.set(HashAlgorithm['SHA-512'], Buffer.from(hash, 'base64').toString('hex'));
  return component;
};

const toDetails = ({ name, version, license }: { name: string; version: string; license: string }) => {
  // https://github.com/package-url/purl-spec/blob/main/types-doc/npm-definition.md
  const purl = `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`;
  const licence = isSupportedSpdxId(license) ? new SpdxLicense(license) : new LicenseExpression(license);
  return { version, purl, bomRef: purl, licenses: new LicenseRepository([licence]) };
};
