import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../test/requirements.ts';

const main = join(import.meta.dirname, '..', 'bin', 'loligo.js');
const answers: Readonly<Record<string, unknown>> = {
  '/v1/runs': { runs: [{ name: 'ann-2026-01-02_03:04:05-smoke' }, { name: 'bob-1' }] },
  '/v1/runs/bob-1/jobs': { jobs: [{ job_id: 41 }, { job_id: 42 }, { job_id: 7 }], next: null },
  '/v1/nodes': { nodes: [{ name: 'node-1' }, { name: 'mill' }], next: 'there' },
  '/v1/nodes there': { nodes: [{ name: 'node-2' }, { name: 'rack' }], next: null },
};
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://lab');
  const page = [pathname, searchParams.get('cursor')].filter((part) => part !== null).join(' ');
  response.end(JSON.stringify(answers[page] ?? {}));
});
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => server.close());

/** What a real bash offers behind a line. */
async function offered(line: string, api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`) {
  const script = `loligo() { "$NODE" "$MAIN" "$@"; }
    eval "$(loligo completion bash)"
    COMP_LINE="$LINE"; COMP_POINT=\${#LINE}
    _loligo
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    NODE: process.execPath,
    MAIN: main,
    LINE: line,
    LOLIGO_API: api,
  };
  const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '--noprofile', '-c', script], {
    env,
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((each) => each !== '');
}

test.each([
  ['loligo ki', ['kill']],
  ['loligo kill --re', ['--reason']],
  ['loligo token re', ['revoke']],
  ['loligo token add x --op', ['--operator']],
  ['loligo status b', ['bob-1']],
  ['loligo logs ann-2026-01-02_03:0', ['04:05-smoke']], // behind the last colon, which bash keeps
  ['loligo kill bob-1 4', ['41', '42']],
  ['loligo lock --lock node', ['node-1', 'node-2']],
  ['loligo nonsense x', []],
])('bash completes %j', async (line, expected) => {
  expect(await offered(line)).toEqual(expected);
});

test('without a lab there are no names, and no complaint', async () => {
  expect(await offered('loligo status b', 'http://127.0.0.1:9')).toEqual([]);
});

const lines = [
  'loligo ki',
  'loligo kill --re',
  'loligo status b',
  'loligo logs ann-2026-01-02_03:0',
  'loligo kill bob-1 4',
];
const expected = [['kill'], ['--reason'], ['bob-1'], ['ann-2026-01-02_03:04:05-smoke'], ['41', '42']];

/** Runs a shell with `loligo` among its commands and the lines as its arguments, in a folder of its own without a home. */
async function inShell(shell: 'zsh' | 'fish', args: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-shell-'));
  writeFileSync(join(folder, 'loligo'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
    mode: 0o755,
  });
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, LOLIGO_API: api, TERM: 'dumb' };
  try {
    return (await promisify(execFile)(shell, [...args, ...lines], { env, cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describeWith(['zsh'], 'a real zsh at a terminal', () => {
  // The inner shell has a terminal and presses Tab; it puts all matches into the line, which is then read.
  const script = String.raw`zmodload zsh/zpty
    zpty inner zsh -f -i
    zpty -w inner 'PS1=; stty -echo; autoload -U compinit; compinit -u -D'
    zpty -w inner 'eval "$(loligo completion zsh)"'
    zpty -w inner 'all() { compstate[insert]=all; compstate[list]= }'
    zpty -w inner 'tell() { comppostfuncs=(all); zle complete-word; print -r -- "<<$LBUFFER>>"; BUFFER= }'
    zpty -w inner 'zle -N tell; bindkey "^I" tell; print REA""DY'
    zpty -r inner out '*READY*'
    for line in "$@"; do
      zpty -n -w inner "$line"$'\t'
      zpty -r inner out '*<<*>>*'
      print -r -- "\${\${out##*<<}%%>>*}"
    done
    zpty -d inner`.replaceAll('\\${', '${');

  test('completes words, options, runs with colons, and jobs', { timeout: 120_000 }, async () => {
    const completed = (await inShell('zsh', ['-f', '-c', script, 'zsh'])).trimEnd().split('\n');
    const found = completed.map((line, index) => {
      const before = lines[index]?.split(' ').slice(0, -1) ?? [];
      return line.trim().split(' ').slice(before.length);
    });
    expect(found).toEqual(expected);
  });
});

describeWith(['fish'], 'a real fish', () => {
  const script = `loligo completion fish | source
    for line in $argv; complete -C $line; echo ---; end`;

  test('completes words, options, runs with colons, and jobs', { timeout: 120_000 }, async () => {
    const output = await inShell('fish', ['--no-config', '-c', script]);
    const found = output
      .split('---\n')
      .slice(0, -1)
      .map((part) => part.trimEnd().split('\n'));
    expect(found).toEqual(expected);
  });
});
