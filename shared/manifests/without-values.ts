import { keptAnnotations } from '../collect/kubernetes/annotation-filter.ts';
import type { Manifest } from './parse-manifests.ts';

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of a mapping, each with its value only where that may be read. */
const blank = (value: unknown, kept: readonly string[] = []): unknown =>
  isMapping(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, kept.includes(name) ? inner : '']),
      )
    : undefined;

/**
 * Takes an object as it was parsed; gives it without the values of a Secret and of its annotations: any but those that
 * are kept may hold a Secret's data, as kubectl's own does.
 */
export const withoutValues = ({ data, stringData, metadata, ...others }: Manifest): Manifest => ({
  ...others,
  ...(data === undefined ? {} : { data: others.kind === 'Secret' ? blank(data) : data }),
  ...(stringData === undefined ? {} : { stringData: blank(stringData) }),
  ...(isMapping(metadata)
    ? { metadata: { ...metadata, annotations: blank(metadata.annotations, keptAnnotations) } }
    : {}),
});
