import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SuiteSource } from '../../core/ports/suite-source.ts';
import { gitRepository } from '../../test/fixtures/git-repository.ts';
import { expandAll, goldenExpansion, unpackRealSuites } from '../../test/golden/golden-data.ts';
import { describeWith, sharedFolder } from '../../test/requirements.ts';
import { openSuiteSource } from './open-suite-source.ts';

describeWith(['git', 'shared'], 'the real suites', () => {
  let folder: string;
  const sources: SuiteSource[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'loligo-real-'));
    const { folder: repository, git } = gitRepository(join(folder, 'qa'));
    unpackRealSuites(repository);
    git('add', '--all', '--force');
    git('commit', '--quiet', '-m', 'The suites');
    const place = { relpath: '', cacheFolder: join(folder, 'cache') };
    const tarball = join(sharedFolder, 'ceph-qa-suite.tar.gz');
    for (const [location, ref] of [
      [repository, null],
      [repository, 'main'],
      [tarball, null],
    ] as const) {
      sources.push((await openSuiteSource({ ...place, location, ref })).source);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['rgw', 'fs', 'smoke', 'upgrade', 'kcephfs', 'tgt'])(
    'expand alike from folder, repository and tarball: %s',
    async (suite) => {
      const choice = { suite, seed: 7, subset: { which: 1, of: 5 }, noNestedSubset: true };
      const expansions = [];
      for (const source of sources) expansions.push(await expandAll(goldenExpansion(source, choice, {})));
      const [fromFolder, fromRepository, fromTarball] = expansions;
      expect(fromFolder?.descriptions.length).toBeGreaterThan(0);
      expect(fromRepository).toEqual(fromFolder);
      expect(fromTarball).toEqual(fromFolder);
    },
  );
});
