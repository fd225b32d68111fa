import { mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openGuesses } from './guesses.ts';

const one = '1'.repeat(64);
const two = '2'.repeat(64);
const guess = { key: one, image: 'base', system: 'amd64 base' };

test('the first snapshot of a node is expected for the next job that is alike, by any process', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'guesses-'));
  const first = openGuesses(folder.path);
  expect(await first.expect('a', 'install')).toBe(null);
  await first.settle('a', one);
  await first.settle('a', two); // what it wanted later is no beginning
  const second = openGuesses(folder.path);
  expect(await second.expect('b', 'install')).toBe(one);
  expect(await second.expect('c', 'something else')).toBe(null);
  await second.settle('b', two);
  expect(await first.expect('a', 'install')).toBe(two);
  await first.forget('install');
  expect(await first.expect('a', 'install')).toBe(null);
});

test('a guess that is lost leaves room for what the node gets then', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'guesses-'));
  const guesses = openGuesses(folder.path);
  await guesses.expect('a', 'install');
  guesses.made('a', guess);
  expect(guesses.of('a')).toEqual(guess);
  await guesses.settle('a', null);
  expect(guesses.of('a')).toBe(null);
  await guesses.settle('a', two);
  expect(await guesses.expect('a', 'install')).toBe(two);
});

test('a node that is made for another job keeps nothing of the one before', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'guesses-'));
  const guesses = openGuesses(folder.path);
  await guesses.expect('a', 'install');
  guesses.made('a', guess);
  guesses.begin('a');
  expect(guesses.of('a')).toBe(null);
  await guesses.settle('a', one);
  expect(await guesses.expect('a', 'install')).toBe(null);
});

test('a note that is no key, or cannot be written, is none', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'guesses-'));
  const guesses = openGuesses(folder.path);
  await guesses.expect('a', 'install');
  await guesses.settle('a', one);
  for (const name of await readdir(folder.path)) await writeFile(join(folder.path, name), one.slice(1));
  expect(await guesses.expect('a', 'install')).toBe(null);
  await writeFile(join(folder.path, 'file'), '');
  const nowhere = openGuesses(join(folder.path, 'file', 'below'));
  await nowhere.expect('a', 'install');
  await nowhere.settle('a', one);
  expect(await nowhere.expect('a', 'install')).toBe(null);
});
