import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { helpPages, pagesFolder } from './help-pages.ts';

test('docs/commands has the current help of every word; `npm run docs` writes it', async () => {
  const pages = await helpPages();
  const written = readdirSync(pagesFolder).map(
    (name) => [name, readFileSync(join(pagesFolder, name), 'utf8')] as const,
  );
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(pages));
});
