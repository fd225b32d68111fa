import { describe, expect, test } from 'vitest';
import { fakeShellHost } from '../../../test/fixtures/fake-shell-host.ts';
import { withUrls } from './own-mirror.ts';
import { readRepositories } from './repositories.ts';

const bookworm = { name: 'debian', version: '12', codename: 'bookworm', packageType: 'deb' } as const;
const targets = `bookworm-security main http://mirror.example/debian-security/
bookworm contrib http://other.example/debian/
bookworm main http://mirror.example/debian/
`;
const trixie = { name: 'debian-13', suite: 'trixie' };

describe('a repository without a URL', () => {
  test('is on the mirror that the host has its own release from', async () => {
    const { remote, ran } = fakeShellHost({ indextargets: () => ({ stdout: targets }) }, bookworm);
    const named = { name: 'mine', url: 'http://mine.example/deb' };
    const found = await withUrls(remote, readRepositories([trixie, named, { ...trixie, name: 'again' }]));
    expect(found.map(({ url }) => url)).toEqual([
      'http://mirror.example/debian/',
      'http://mine.example/deb',
      'http://mirror.example/debian/',
    ]);
    expect(ran).toHaveLength(1);
  });

  test('is refused where the host names no such mirror, or no suite is asked for', async () => {
    const { remote } = fakeShellHost({}, bookworm);
    const refused = "'repos[0].url' must be a URL";
    await expect(withUrls(remote, readRepositories([trixie]))).rejects.toThrow(
      `${refused}, since h1 names no mirror that has its own release`,
    );
    await expect(withUrls(fakeShellHost().remote, readRepositories([trixie]))).rejects.toThrow(refused);
    expect(() => readRepositories([{ name: 'mine' }])).toThrow(refused);
  });
});
