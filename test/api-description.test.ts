import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { apiDescription, descriptionFile } from './api-description.ts';

interface Operation {
  readonly summary?: string;
  readonly security?: unknown;
  readonly responses: Readonly<
    Record<string, { description?: string; content?: Readonly<Record<string, { schema?: unknown }>> }>
  >;
  readonly parameters?: readonly unknown[];
}
const current = await apiDescription();
const { paths } = JSON.parse(current) as { paths: Record<string, Record<string, Operation>> };
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation] as const),
);

describe('the description of the API', () => {
  test('is docs/openapi.json; `npm run docs` writes it', () => {
    expect(readFileSync(descriptionFile, 'utf8')).toBe(current);
  });

  test.each(operations)('says of %s what it does, who may, and how it refuses', (name, operation) => {
    expect(operation.summary).toMatch(/^[A-Z].{5,}$/);
    const refusals = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
    for (const [, answer] of refusals)
      expect(Object.keys(answer.content ?? {})).toEqual(['application/problem+json']);
    const writing = !name.startsWith('get');
    const needed = [
      '429',
      ...(writing ? ['401', '403', '413', '422'] : []),
      ...(name.startsWith('post') ? ['400', '409'] : []),
    ];
    expect(refusals.map(([status]) => status)).toEqual(expect.arrayContaining(needed));
    const guarded = JSON.stringify(operation.security) === '[{"token":[]}]';
    expect(guarded || !writing).toBe(true);
  });
});
