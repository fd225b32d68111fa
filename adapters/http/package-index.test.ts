import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { PackageIndexError } from '../../core/ports/package-index.ts';
import type { PackageQuery } from '../../core/ports/package-index.ts';
import { searchUrl, shamanIndex } from './package-index.ts';

const wanted: PackageQuery = {
  project: 'ceph',
  ref: { sha1: 'c'.repeat(40) },
  flavor: 'default',
  osType: 'ubuntu',
  osVersion: '22.04',
  arch: 'x86_64',
};
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

/** A fake index on loopback: gives its answers one after the other, the last one for ever. */
async function fakeServer(...answers: readonly { status?: number; body: string }[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? { body: '' };
    asked.push(request.url ?? '');
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`, asked };
}

describe('a package index', () => {
  test('is searched as shaman is', async () => {
    const build = {
      sha1: 'c'.repeat(40),
      url: 'http://x/',
      extra: { package_manager_version: '19.3-1', more: 1 },
    };
    const { url, asked } = await fakeServer({ body: JSON.stringify([build, { sha1: 'd'.repeat(40) }]) });
    expect(await shamanIndex({ url }).find(wanted)).toEqual({ sha1: 'c'.repeat(40), version: '19.3-1' });
    expect(asked).toEqual([
      `/api/search?status=ready&project=ceph&flavor=default&distros=ubuntu%2F22.04%2Fx86_64&sha1=${'c'.repeat(40)}`,
    ]);
  });

  test('that knows no such build says so with an empty list', async () => {
    const { url } = await fakeServer({ body: '[]' });
    expect(await shamanIndex({ url: `${url}/search/` }).find(wanted)).toBeNull();
  });

  test('is asked once more after a failure of its own', async () => {
    const { url, asked } = await fakeServer({ status: 502, body: '' }, { body: '[]' });
    expect(await shamanIndex({ url }).find(wanted)).toBeNull();
    expect(asked).toHaveLength(2);
  });

  test.each([
    [{ status: 404, body: '[]' }, 'it says 404'],
    [{ status: 500, body: '' }, 'it says 500'],
    [{ body: '<html>' }, 'its answer is no JSON'],
    [{ body: '{"builds": []}' }, 'its answer is no list of builds'],
    [{ body: '[{"sha1": "../x"}]' }, 'its answer is no list of builds'],
  ])('that answers %j gives no answer', async (answer, reason) => {
    const { url } = await fakeServer(answer);
    await expect(shamanIndex({ url }).find(wanted)).rejects.toThrow(PackageIndexError);
    await expect(shamanIndex({ url }).find(wanted)).rejects.toThrow(
      `the package index ${url} gives no answer: ${reason}`,
    );
  });

  test('that is not there gives no answer, and its password stays secret', async () => {
    const find = shamanIndex({ url: 'http://me:secret@127.0.0.1:1/' }).find(wanted);
    await expect(find).rejects.toThrow(/^the package index http:\/\/127\.0\.0\.1:1 gives no answer: /);
    await expect(find).rejects.not.toThrow('secret');
  });

  test.each([
    [{ osType: 'centos', osVersion: '9.stream' }, 'centos/9/x86_64'],
    [{ osType: 'rhel', osVersion: '8.6' }, 'centos/8/x86_64'],
    [{ osType: 'opensuse', osVersion: '15.6', arch: null }, 'opensuse/15.6'],
    [{ osType: 'ubuntu', osVersion: null }, 'ubuntu'],
    [{ osType: null }, null],
  ])('for %j is asked for distros=%s', (system, distros) => {
    expect(searchUrl('https://index.test', { ...wanted, ...system }).searchParams.get('distros')).toBe(
      distros,
    );
  });

  test('is asked for the head of a branch', () => {
    const url = searchUrl('https://index.test/search', {
      ...wanted,
      project: 'kernel',
      ref: { branch: 'testing' },
    });
    expect(`${url.pathname} ${url.searchParams.get('ref')} ${url.searchParams.get('sha1')}`).toBe(
      '/search testing null',
    );
  });
});
