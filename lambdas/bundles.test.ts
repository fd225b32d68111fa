import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testAssembly } from '../test/fixtures/assembly.ts';

const assembly = testAssembly();
const functions = Object.entries(assembly.template.Resources)
  .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
  .map(([id, { Properties }]) => {
    const { Code } = Properties as { Code: { S3Key: string } };
    return { name: id.replace(/Function.*/, ''), folder: assembly.assetOf(Code.S3Key) };
  });

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}

/** Loads a bundle in a process of its own and calls it once; resolves with what it printed. */
async function firstAnswer(folder: string): Promise<{ text: string; ms: number }> {
  const call = `
    const { handler } = await import(${JSON.stringify(join(folder, 'index.mjs'))});
    await handler({ Records: [{ messageId: 'm', body: '{}' }], headers: {}, requestContext: {} }, {}).then(
      (answer) => console.log('answer', JSON.stringify(answer)),
      (error) => console.log('error', error.message));
    process.exit(0);`;
  const begun = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', call], {
    cwd: folder,
    env: { PATH: process.env['PATH'], LOLIGO_MAX_RUNNERS: 'many' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return { text, ms: performance.now() - begun };
}

test('there is a bundle for each function', () => {
  expect(functions.map(({ name }) => name).toSorted()).toEqual([
    'api',
    'dispatch',
    'notify',
    'onrunnerstopped',
    'retention',
    'schedulesuite',
    'sweep',
  ]);
});

describe.each(functions)('$name', ({ name, folder }) => {
  test('is below 1 MB compressed', () => {
    const bytes = filesIn(folder).map((file) => gzipSync(readFileSync(file)).length);
    const kilobytes = Math.round(bytes.reduce((sum, each) => sum + each, 0) / 1024);
    console.log(`${name}: ${kilobytes} KB compressed`);
    expect(kilobytes).toBeLessThan(1024);
  });

  test('loads on its own, and names the variable that it cannot use', async () => {
    const { text, ms } = await firstAnswer(folder);
    console.log(`${name}: ${Math.round(ms)} ms from the start of the process to the first answer`);
    expect(text).toMatch(/^error [\s\S]*LOLIGO_MAX_RUNNERS/);
  });
});

test('the API has the pages beside it', () => {
  const having = functions.filter(({ folder }) => existsSync(join(folder, 'pages', 'index.html')));
  expect(having.map(({ name }) => name)).toEqual(['api']);
});

test('those that run merge scripts have the interpreter beside them', () => {
  const having = functions.filter(({ folder }) => existsSync(join(folder, 'glue.wasm')));
  expect(having.map(({ name }) => name).toSorted()).toEqual(['api', 'schedulesuite']);
});
