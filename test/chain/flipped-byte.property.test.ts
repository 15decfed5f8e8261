import fc from 'fast-check';
import { it } from 'vitest';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRuns } from '../runs.ts';
import { makeNights, toFiles, verifyNights } from './nights.ts';

const store = await makeNights();
const objects = await Promise.all(
  (await Array.fromAsync(store.list(''))).map(async (name) => ({
    name,
    bytes: Buffer.from((await store.get(name))?.body ?? ''),
  })),
);

/** A place in any object of the bucket: manifests, signatures, lists and the runs' own. */
const place = fc.constantFrom(...objects).chain(({ name, bytes }) =>
  fc.record({
    name: fc.constant(name),
    at: fc.nat(bytes.length - 1),
    flip: fc.integer({ min: 1, max: 255 }),
  }),
);

it('Any byte that is another, in any object, is found, and in that night', async () => {
  const isFound = async (name: string, at: number, flip: number): Promise<boolean> => {
    const files = toFiles(createMemoryStore());
    const open: typeof files.open = async (asked) => {
      const object = objects.find((one) => one.name === asked);
      const bytes = Buffer.from(object?.bytes ?? '');
      if (asked === name) bytes[at] = (bytes[at] ?? 0) ^ flip;
      return object && ReadableStream.from([bytes]);
    };
    const { nights } = await verifyNights(store, { files: { list: store.list, open } });
    return nights.filter(({ status }) => status !== 'whole').length === 1;
  };
  await fc.assert(
    fc.asyncProperty(place, ({ name, at, flip }) => isFound(name, at, flip)),
    { numRuns: toRuns(200) },
  );
});
