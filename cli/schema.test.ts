import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { jobJsonSchema } from '../adapters/yaml/job-schema.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const script =
  "import { command } from './cli/schema.ts'; await command().parseAsync(process.argv.slice(1), { from: 'user' });";

function run(...args: string[]): string {
  return execFileSync(process.execPath, ['--input-type=module-typescript', '--eval', script, '--', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

test('prints the schema of jobs', () => {
  expect(JSON.parse(run('job'))).toEqual(jobJsonSchema());
});

test('names the formats when asked for another', () => {
  expect(() => run('suite')).toThrow(
    expect.objectContaining({ status: 2, stderr: "no format 'suite'; there is: job\n" }),
  );
});
