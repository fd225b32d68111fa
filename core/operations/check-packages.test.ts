import { describe, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import type { PackageIndex, PackageQuery } from '../ports/package-index.ts';
import { NoPackagesError, commitWithPackages, packageCheck } from './check-packages.ts';

const yaml = (text: string) => pyYaml.parse(text) as YamlMap;

/** A fake index that has builds for everything but `bad` systems. */
function fakeIndex() {
  const asked: PackageQuery[] = [];
  const index: PackageIndex = {
    origin: 'fake',
    find: async (wanted) => {
      asked.push(wanted);
      return wanted.osType === 'bad' ? null : { sha1: 'abc', version: null };
    },
  };
  return { index, asked };
}

describe('packages of jobs', () => {
  test('are asked for once for each system and flavor', async () => {
    const { index, asked } = fakeIndex();
    const check = packageCheck(index, { arch: 'x86_64', verify: true });
    const jobs = [
      '{os_type: ubuntu, os_version: 22.04}',
      '{os_type: ubuntu, os_version: 22.04}',
      '{os_type: bad}',
      '{}',
    ];
    const found = await Promise.all(jobs.map((job) => check(yaml(job), 'abc')));
    expect(found).toEqual([
      null,
      null,
      "packages for os_type 'bad', flavor default and ceph hash 'abc' not found",
      null,
    ]);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual({
      project: 'ceph',
      ref: { sha1: 'abc' },
      flavor: 'default',
      osType: 'ubuntu',
      osVersion: '22.04',
      arch: 'x86_64',
    });
  });

  test.each([
    ['{os_type: bad, verify_ceph_hash: false}', true, false],
    ['{os_type: bad, verify_ceph_hash: true}', false, true],
    ['{os_type: bad}', false, false],
    ['{os_type: bad, tasks: [{install: {path: /mine}}]}', true, false],
  ])('of %s with the site saying %s are missed: %s', async (job, verify, missed) => {
    const check = packageCheck(fakeIndex().index, { arch: null, verify });
    expect((await check(yaml(job), 'abc')) !== null).toBe(missed);
  });
});

describe('going back for packages', () => {
  const history = ['1', '2', '3', '4', '5'];
  const search = async (good: string, newest: number, length = history.length) => {
    const asked: number[] = [];
    const result = commitWithPackages({
      start: '0',
      newest,
      parents: async (count) => (asked.push(count), history.slice(0, Math.min(count, length))),
      missing: async (sha1) => (sha1 === good ? null : `nothing for ${sha1}`),
    });
    return { ...(await result), asked };
  };

  test('is not done when the start will do', async () => {
    expect(await search('0', 3)).toEqual({ sha1: '0', back: 0, asked: [] });
  });

  test('ends at the nearest commit that has them', async () => {
    expect(await search('3', 3)).toEqual({ sha1: '3', back: 3, asked: [3] });
  });

  test('has its limits, each with a sentence', async () => {
    await expect(search('4', 3)).rejects.toThrow('Exceeded 3 backtracks; raise --newest value');
    await expect(search('5', 0)).rejects.toThrow('do not exist for hash 0: nothing for 0');
    await expect(search('5', 4, 2)).rejects.toThrow('which has only 2 before it');
    await expect(search('5', 4)).rejects.toThrow(NoPackagesError);
  });
});
