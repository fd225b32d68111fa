import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { words } from '../cli/words.ts';
import { helpPages, pagesFolder } from './help-pages.ts';

const pages = await helpPages();

test('docs/commands has the current help of every word; `npm run docs` writes it', async () => {
  const written = readdirSync(pagesFolder).map(
    (name) => [name, readFileSync(join(pagesFolder, name), 'utf8')] as const,
  );
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(pages));
});

test.each(words)(
  'the help of $name says what it does, shows it, and says how it exits',
  async ({ name, load }) => {
    const page = pages.get(`${name}.md`) ?? '';
    const command = (await load()).command();
    expect(command.description()).toMatch(/^[A-Z].*\.$/s);
    const examples = /\nExamples:\n((?: {2}\S.*\n)+)\n/.exec(page)?.[1]?.trimEnd().split('\n') ?? [];
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.filter((line) => line.includes(`loligo ${name}`)).length).toBeGreaterThan(0);
    expect(page).toMatch(/\nExit status: 0 .*\.\n/);
    for (const example of examples) {
      const known = new Set(
        [command, ...command.commands].flatMap((each) =>
          each.options.flatMap(({ long, short }) => [long, short]),
        ),
      );
      const used =
        new RegExp(`loligo ${name} (.*?)(?: {2,}|[|<>]|&&|$)`)
          .exec(example)?.[1]
          ?.match(/(?<= |^)--?[a-zA-Z][\w-]*/g) ?? [];
      expect(used.filter((option) => !known.has(option))).toEqual([]);
    }
  },
);
