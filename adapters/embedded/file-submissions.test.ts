import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Submission } from '../../core/ports/submissions.ts';
import { fileSubmissions } from './file-submissions.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-submissions-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const submission = (key: string, at = 1): Submission => ({
  key,
  caller: 'ann@lab',
  path: '/v1/jobs',
  body: '{}',
  at,
});
const answer = { status: 201, contentType: 'application/json', body: '{"run":"r"}' };

describe('the journal in a folder', () => {
  test('lets one of many with the same key begin', async () => {
    const begun = await Promise.all(
      Array.from({ length: 20 }, () => fileSubmissions({ folder }).begin(submission('k'))),
    );
    expect(begun.filter(({ kind }) => kind === 'new')).toHaveLength(1);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('gives the first answer for ever, also to a journal opened later', async () => {
    const journal = fileSubmissions({ folder });
    await journal.begin(submission('k'));
    await journal.finish('k', answer);
    await journal.finish('k', { ...answer, body: 'other' });
    expect(await fileSubmissions({ folder }).begin(submission('k'))).toEqual({
      kind: 'known',
      submission: submission('k'),
      answer,
    });
  });

  test('knows what was begun and never answered, oldest first, and nothing else', async () => {
    const journal = fileSubmissions({ folder });
    for (const [key, at] of [
      ['late', 9],
      ['early', 3],
      ['done', 1],
      ['undone', 2],
    ] as const)
      await journal.begin(submission(key, at));
    await journal.finish('done', answer);
    await journal.forget('undone');
    writeFileSync(join(folder, '.new-half'), '{"subm');
    expect((await fileSubmissions({ folder }).unfinished()).map(({ key }) => key)).toEqual(['early', 'late']);
    expect(await journal.begin(submission('undone'))).toEqual({ kind: 'new' });
  });

  test('answers go after a week, submissions without one never', async () => {
    const journal = fileSubmissions({ folder });
    for (const key of ['answered', 'open']) await journal.begin(submission(key));
    await journal.finish('answered', answer);
    const longAgo = Date.now() / 1000 - 8 * 24 * 3600;
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo);
    expect((await fileSubmissions({ folder }).unfinished()).map(({ key }) => key)).toEqual(['open']);
    expect(await journal.begin(submission('answered'))).toEqual({ kind: 'new' });
  });

  test('a damaged file is set aside and stops nobody', async () => {
    const journal = fileSubmissions({ folder });
    await journal.begin(submission('k'));
    const [name = ''] = readdirSync(folder);
    writeFileSync(join(folder, name), '{"subm');
    expect(await journal.unfinished()).toEqual([]);
    expect(await journal.begin(submission('k'))).toEqual({ kind: 'new' });
    expect(readdirSync(folder).toSorted()).toEqual([name, `${name}.damaged`]);
  });

  test('keys that look like paths stay inside', async () => {
    await fileSubmissions({ folder }).begin(submission('../../etc/passwd'));
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
