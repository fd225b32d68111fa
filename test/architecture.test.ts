import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { environmentBreaches, importBreaches, importCycles, readImports } from './house.ts';

const house = fileURLToPath(new URL('..', import.meta.url));

describe('our house', () => {
  test('keeps the import law', () => {
    const imports = readImports(house);
    expect(imports.length).toBeGreaterThan(300);
    expect(importBreaches(imports)).toEqual([]);
  });

  test('has no import cycles', () => {
    expect(importCycles(readImports(house))).toEqual([]);
  });

  test('reads the environment only in composition roots', () => {
    expect(environmentBreaches(house)).toEqual([]);
  });
});

describe('a house that breaks the law', () => {
  const folders: string[] = [];
  afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

  function houseOf(files: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), 'house-'));
    folders.push(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  }

  test.each([
    [
      'core reads a file',
      'core/a.ts',
      "import { readFileSync } from 'node:fs';",
      'core/a.ts imports the package node:fs',
    ],
    [
      'core knows a type of an adapter',
      'core/a.ts',
      "import type { B } from '../adapters/yaml/b.ts';",
      'core/a.ts imports adapters/yaml/b.ts',
    ],
    ['core loads a package lazily', 'core/a.ts', "await import('zod');", 'core/a.ts imports the package zod'],
    [
      'core passes on what the runner has',
      'core/a.ts',
      "export { b } from '../runner/b.ts';",
      'core/a.ts imports runner/b.ts',
    ],
    [
      'an adapter uses a provider',
      'adapters/yaml/a.ts',
      "import '../../providers/b.ts';",
      'adapters/yaml/a.ts imports providers/b.ts',
    ],
    [
      'an adapter uses another world',
      'adapters/yaml/a.ts',
      "import '../embedded/b.ts';",
      'adapters/yaml/a.ts imports adapters/embedded/b.ts',
    ],
    [
      'the runner picks an adapter',
      'runner/engine/a.ts',
      "import '../../adapters/embedded/b.ts';",
      'runner/engine/a.ts imports adapters/embedded/b.ts',
    ],
    [
      'the pages use more than types of the API',
      'web/src/a.tsx',
      "import { jobView } from '../../api/views.ts';",
      'web/src/a.tsx imports more than types of api/views.ts',
    ],
    [
      'the pages know an adapter',
      'web/src/a.tsx',
      "import type { B } from '../../adapters/yaml/b.ts';",
      'web/src/a.tsx imports adapters/yaml/b.ts',
    ],
    [
      'the pages take in a package',
      'web/src/a.ts',
      "import { z } from 'zod';",
      'web/src/a.ts imports the package zod',
    ],
    ['the stack uses product code', 'infra/a.ts', "import '../core/b.ts';", 'infra/a.ts imports core/b.ts'],
  ])('is caught: %s', (_, path, text, breach) => {
    expect(importBreaches(readImports(houseOf({ [path]: text }))).join('\n')).toContain(breach);
  });

  test('lets the composition roots pick', () => {
    const imports = readImports(
      houseOf({
        'runner/main.ts': "import '../adapters/embedded/b.ts';",
        'cli/up.ts': "import '../providers/b.ts';",
      }),
    );
    expect(importBreaches(imports)).toEqual([]);
  });

  test('lets the pages know types of the API', () => {
    const imports = readImports(
      houseOf({
        'web/src/a.tsx':
          "import type { RunView } from '../../api/views.ts'; import { render } from 'preact';",
      }),
    );
    expect(importBreaches(imports)).toEqual([]);
  });

  test('is caught when imports run in a circle', () => {
    const imports = readImports(
      houseOf({ 'core/a.ts': "import './b.ts';", 'core/b.ts': "import type { A } from './a.ts';" }),
    );
    expect(importCycles(imports)).toEqual(['core/a.ts -> core/b.ts -> core/a.ts']);
  });

  test('is caught when the environment is read inside', () => {
    const folder = houseOf({
      'core/a.ts': 'export const home = process.env.HOME;',
      'cli/up.ts': 'process.env.HOME;',
    });
    expect(environmentBreaches(folder)).toEqual([
      'core/a.ts reads process.env, which only composition roots may',
    ]);
  });
});
