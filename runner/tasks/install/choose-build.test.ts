import { describe, expect, test } from 'vitest';
import { startFakeBuilder } from '../../../test/fixtures/fake-builder.ts';
import type { FakeBuilder } from '../../../test/fixtures/fake-builder.ts';
import { silentLogger } from '../../../test/fixtures/silent-logger.ts';
import { waitForBuild } from './choose-build.ts';

const build = { sha1: 'a'.repeat(40), version: '18.2.7', repository: 'deb http://builds/wip ./' };

function wait(builder: FakeBuilder, found: (info: string) => void) {
  const { signal } = new AbortController();
  return waitForBuild(
    { log: { ...silentLogger, info: found }, signal },
    {
      endpoint: `${builder.url}/api`,
      project: 'ceph',
      flavor: 'default',
      os: { name: 'debian', version: '12', codename: 'bookworm', packageType: 'deb' },
      arch: 'x86_64',
      ref: { branch: 'wip' },
      signal,
    },
    { sleep: 0, tries: 3 },
  );
}

describe('a build that is waited for', () => {
  test('is found when the builder has finished it', async () => {
    const builds: Record<string, typeof build> = {};
    await using builder = await startFakeBuilder('127.0.0.1', builds);
    const found = await wait(builder, (info) => {
      if (info.includes('try 2 of 3')) builds['wip'] = build;
    });
    expect([found.version, builder.searches.length]).toEqual(['18.2.7', 3]);
  });

  test('is given up after the last try, in the words of the original', async () => {
    await using builder = await startFakeBuilder('127.0.0.1', {});
    await expect(wait(builder, () => {})).rejects.toThrow(/^Failed to fetch package version from http:/);
    expect(builder.searches).toHaveLength(3);
  });
});
