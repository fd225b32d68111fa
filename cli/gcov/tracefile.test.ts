import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { totalsOf, withSourcesOf } from './tracefile.ts';

test('sources are found by the longest end of their path that is below the folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-sources-'));
  try {
    mkdirSync(join(folder, 'osd'));
    for (const path of ['main.c', 'osd/main.c']) writeFileSync(join(folder, path), '');
    const moved = withSourcesOf(
      'SF:/build/src/osd/main.c\nSF:/build/src/mon/main.c\nSF:/build/x.c\n',
      folder,
    );
    expect(moved).toBe(`SF:${folder}/osd/main.c\nSF:${folder}/main.c\nSF:/build/x.c\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('totals are the sums of all records', () => {
  const record = 'FNF:2\nFNH:1\nBRF:4\nBRH:0\nLF:10\nLH:9\nend_of_record\n';
  expect(totalsOf(`SF:/a.c\n${record}SF:/b.c\n${record}`)).toEqual({
    lines: { hit: 18, found: 20 },
    functions: { hit: 2, found: 4 },
    branches: { hit: 0, found: 8 },
  });
});
