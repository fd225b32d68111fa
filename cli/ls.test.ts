import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli } from '../test/fixtures/lab-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-ls-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('loligo ls of an archive folder', () => {
  test('prints one line a job in text order, as the original does', async () => {
    write('9/summary.yaml', 'description: s/b\nduration: 61.9\nowner: ann@lab\nsuccess: true\n');
    write(
      '10/summary.yaml',
      "description: s/a\nduration: 5\nfailure_reason: 'it broke'\nowner: ann@lab\nsuccess: false\n",
    );
    write('11/summary.yaml', 'owner: ann@lab\nstatus: dead\nsuccess: false\n');
    write('12/teuthology.log', 'first line\nlast line\n');
    write('13/pid', '1');
    write('14/summary.yaml', 'success: null\n');
    write('notes/summary.yaml', 'success: true\n');
    const { output, exitCode } = await cli(['ls', folder]);
    expect(exitCode).toBe(0);
    expect(output.split('\n')).toEqual([
      '10 fail ann@lab s/a 5s',
      '11 dead ann@lab - -s',
      '12      last line',
      '13      <no teuthology.log yet>',
      '14 None - - -s',
      '9 pass ann@lab s/b 61s',
      '',
    ]);
    const verbose = await cli(['ls', '-v', folder]);
    expect(verbose.output).toContain('10 fail ann@lab s/a 5s\n    it broke\n');
  });

  test('is JSON for programs', async () => {
    write('1/summary.yaml', 'owner: a\nstatus: fail\nfailure_reason: x\n');
    const { output } = await cli(['ls', folder, '--json']);
    expect(JSON.parse(output)).toMatchObject([
      { id: '1', status: 'fail', failureReason: 'x', duration: null },
    ]);
  });

  test('of a folder that is not there says so, and no lab is needed for that', async () => {
    const { output, exitCode } = await cli(['ls', join(folder, 'nope')]);
    expect(exitCode).toBe(1);
    expect(output).toContain(`there is no folder '${join(folder, 'nope')}'`);
  });
});
