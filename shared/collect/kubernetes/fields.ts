/**
 * Fields of JSON, read by hand. Of Secrets and pods there are so many that zod took longer than the API server to list
 * them; everything else is read by zod.
 */
import { z } from 'zod';
import type { OwnerReference } from '../../evidence/kubernetes/object.ts';
import type { Metadata } from './wire.ts';

/** JSON that is not of the shape it is said to be; the message names where, and quotes nothing. */
export class OddError extends Error {
  override readonly name = 'OddError';
}

const isNone = (value: unknown): value is null | undefined => value === null || value === undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const toObject = (value: unknown, where: string): Record<string, unknown> => {
  if (isObject(value)) return value;
  throw new OddError(`${where}: an object is expected`);
};

/** An empty one where there is none. */
export const toObjectOrNone = (value: unknown, where: string): Record<string, unknown> =>
  isNone(value) ? {} : toObject(value, where);

/** An empty one where there is none. */
export const toList = (value: unknown, where: string): unknown[] => {
  if (isNone(value)) return [];
  if (Array.isArray(value)) return value;
  throw new OddError(`${where}: a list is expected`);
};

export const toText = (value: unknown, where: string): string => {
  if (typeof value === 'string') return value;
  throw new OddError(`${where}: text is expected`);
};

export const toMaybeText = (value: unknown, where: string): string | undefined =>
  isNone(value) ? undefined : toText(value, where);

/** As saved evidence is held to it. */
const moment = z.regexes.datetime({ offset: true });

/** A moment, as text; the API server writes it as RFC 3339. */
export const toMaybeMoment = (value: unknown, where: string): string | undefined => {
  const text = toMaybeText(value, where);
  if (text === undefined || moment.test(text)) return text;
  throw new OddError(`${where}: a time is expected`);
};

const toTexts = (value: unknown, where: string): Record<string, string> | undefined => {
  if (isNone(value)) return undefined;
  const object = toObject(value, where);
  const texts: Record<string, string> = {};
  for (const name of Object.keys(object)) texts[name] = toText(object[name], where);
  return texts;
};

const toOwner = (value: unknown): OwnerReference => {
  const { apiVersion, kind, name, controller } = toObject(value, 'metadata.ownerReferences');
  return {
    apiVersion: toMaybeText(apiVersion, 'metadata.ownerReferences.apiVersion'),
    kind: toText(kind, 'metadata.ownerReferences.kind'),
    name: toText(name, 'metadata.ownerReferences.name'),
    controller: controller === true ? true : undefined,
  };
};

/** What every object has. Throws OddError. */
export const toMetadata = (value: unknown): Metadata => {
  const { name, namespace, generateName, creationTimestamp, labels, annotations, ownerReferences } = toObject(
    value,
    'metadata',
  );
  return {
    name: toText(name, 'metadata.name'),
    namespace: toMaybeText(namespace, 'metadata.namespace'),
    generateName: toMaybeText(generateName, 'metadata.generateName'),
    creationTimestamp: toMaybeMoment(creationTimestamp, 'metadata.creationTimestamp'),
    labels: toTexts(labels, 'metadata.labels'),
    annotations: toTexts(annotations, 'metadata.annotations'),
    ownerReferences: isNone(ownerReferences)
      ? undefined
      : toList(ownerReferences, 'metadata.ownerReferences').map(toOwner),
  };
};

/** What `read` gives, or undefined where the value is odd: `onOdd` then is told. */
export const readOr = <T>(read: () => T, onOdd: (complaint: string) => void): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OddError)) throw error;
    onOdd(error.message);
    return undefined;
  }
};
