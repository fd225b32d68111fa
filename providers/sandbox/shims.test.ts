import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemPath, writeShims } from './shims.ts';

const user = userInfo().username;
let bin: string;
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), 'loligo-shims-'));
  await writeShims(bin, { name: 'node7', user });
});
afterAll(() => rm(bin, { recursive: true, force: true }));

/** What a line of shell does with the shims before the machine's own programs. */
function shell(line: string): Promise<{ stdout: string; stderr: string; status: number }> {
  const env = { PATH: `${bin}:${systemPath}`, HOME: bin, SHELL: '/bin/sh' };
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-c', line], { env }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, status: typeof error?.code === 'number' ? error.code : 0 }),
    );
    child.stdin?.on('error', () => undefined); // few commands read it
    child.stdin?.end('from stdin');
  });
}

test.each([
  ['sudo echo plain', 'plain\n'],
  ['sudo -n -E -H echo options', 'options\n'],
  ['sudo -nE echo joined', 'joined\n'],
  ['sudo -u root echo root', 'root\n'],
  ['sudo -Hu root echo idiom', 'idiom\n'],
  ['sudo -uroot -- echo -n', ''],
  [`sudo --user=${user} echo same`, 'same\n'],
  [`sudo -u ${user} -g nogroup echo group`, 'group\n'],
  ['sudo -- printf "%s|" "a b" "*" "\'"', "a b|*|'|"],
  ['sudo ONE=1 TWO="2 2" sh -c \'echo "$ONE $TWO"\'', '1 2 2\n'],
  ['sudo -E GREETING=hi -- sh -c "echo $GREETING; echo \\$GREETING"', '\nhi\n'],
  ['sudo LEFT=1 -u root RIGHT=2 sh -c \'echo $LEFT$RIGHT "$@"\' sh a=b', '12 a=b\n'],
  ['sudo cat', 'from stdin'],
  ['sudo sudo sudo id -un', `${user}\n`],
  ['sudo -i echo "a  b"', 'a  b\n'],
  ['sudo -s VAR=x sh -c \'echo "$VAR"\'', 'x\n'],
  ['echo pwd | sudo -s', `${process.cwd()}\n`],
  ['sudo -v', ''],
  ['sudo hostname', 'node7\n'],
  ['hostname', 'node7\n'],
  ['hostname -f', 'node7\n'],
  ['hostname -s', 'node7\n'],
  ['hostname -I', '127.0.0.1\n'],
])('%s', async (line, stdout) => {
  expect(await shell(line)).toEqual({ stdout, stderr: '', status: 0 });
});

test('the exit status is the command’s own', async () => {
  expect((await shell('sudo sh -c "exit 42"')).status).toBe(42);
  expect((await shell('sudo no-such-command-here')).status).toBe(127);
});

test.each([
  ['sudo -u ceph true', "it cannot become 'ceph'"],
  ['sudo --user=ceph true', "it cannot become 'ceph'"],
  ['sudo -uceph true', "it cannot become 'ceph'"],
  ['sudo -Hu ceph true', "it cannot become 'ceph'"],
  ['sudo -u', "option '-u' needs a user"],
  ['sudo -Z true', "option '-Z' is not known"],
  ['sudo', 'usage: sudo'],
  ['sudo -n', 'usage: sudo'],
  ['hostname other', "cannot be changed to 'other'"],
])('%s is refused with a sentence', async (line, words) => {
  const { stdout, stderr, status } = await shell(line);
  expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
  expect(stderr).toContain(words);
});
