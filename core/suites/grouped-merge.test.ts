import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MergeConflictError, mergeMaps } from '../config/deep-merge.ts';
import { fromPlain } from '../config/yaml-value.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import { groupedMerger, mergePart } from './grouped-merge.ts';

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom(null, 1, 'x'),
    fc.array(fc.constantFrom(1, 2), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('p', 'q'), tie('value'), { maxKeys: 2 }),
  ),
})).value;
const document = fc
  .dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 })
  .map((plain) => fromPlain(plain) as YamlMap);

function oneByOne(documents: readonly YamlMap[]): YamlMap | null {
  try {
    return documents.reduce((a, b) => mergeMaps(a, b));
  } catch (error) {
    if (error instanceof MergeConflictError) return null;
    throw error;
  }
}

test('merging in remembered groups gives what merging one by one gives, or nothing', () => {
  let merged = 0;
  fc.assert(
    fc.property(
      fc.array(document, { minLength: 1, maxLength: 6 }),
      fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 8 }),
      (documents, lists) => {
        const merge = groupedMerger();
        const parts = documents.map(mergePart);
        for (const list of lists) {
          const indices = list.map((index) => index % parts.length);
          const result = merge(indices.map((index) => parts[index]!));
          const expected = oneByOne(indices.map((index) => documents[index]!));
          expect([expected, null]).toContainEqual(result);
          merged += result === null ? 0 : 1;
        }
      },
    ),
  );
  expect(merged).toBeGreaterThan(100);
});

test('a conflict is not hidden by what replaces its cause further on', () => {
  const parts = [{ a: [1] }, { b: 1 }, { a: 1 }, { a: [2] }].map((plain) =>
    mergePart(fromPlain(plain) as YamlMap),
  );
  expect(groupedMerger()(parts)).toBeNull();
});
