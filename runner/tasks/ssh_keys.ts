import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import type { Task } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import { quoteWord } from '../remote/quote.ts';
import type { Remote } from '../remote/remote.ts';

const clientConfig = 'StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n';
const replaced = 'config id_rsa id_rsa.pub authorized_keys';

/**
 * Lets the hosts of the job log in to each other: one new key pair for all of them, known to all of them, and no questions
 * about host keys. What was there before is kept aside and put back in the end.
 */
export const task: Task = async (ctx) => {
  const remotes = ctx.cluster.remotes;
  const pair = await newKeyPair();
  const stamp = `${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}.${randomBytes(3).toString('hex')}`;
  const keys = remotes.map((remote) => `${pair.public} ssh-keys-user@${remote.hostname}`);
  ctx.log.info('Distributing ssh keys...');
  await parallel(
    remotes.map((remote, index) => async (signal: AbortSignal) => {
      ctx.defer(() => restore(remote, stamp));
      const script = install({ stamp, publicKey: keys[index] ?? pair.public, authorized: keys });
      await remote.run(script, { stdin: pair.private, signal, label: 'ssh_keys: install' });
    }),
    { signal: ctx.signal },
  );
};

async function newKeyPair(): Promise<{ private: string; public: string }> {
  const generate = promisify(ssh2.utils.generateKeyPair) as (
    type: 'rsa',
    options: { bits: number },
  ) => Promise<{ private: string; public: string }>;
  const pair = await generate('rsa', { bits: 2048 });
  return { private: pair.private, public: pair.public.trim() };
}

/** The private key comes by standard input, so that no log ever shows it. */
function install(params: { stamp: string; publicKey: string; authorized: readonly string[] }): string {
  const { stamp, publicKey, authorized } = params;
  const lines = (text: readonly string[]): string => quoteWord(text.map((line) => `${line}\n`).join(''));
  return `umask 077 && mkdir -p ~/.ssh && cd ~/.ssh &&
for file in ${replaced}; do [ ! -e "$file" ] || cp -p "$file" "\${file}_${stamp}" || exit 1; done &&
cat >id_rsa_${stamp}.new && chmod 0500 id_rsa_${stamp}.new && mv -f id_rsa_${stamp}.new id_rsa &&
printf %s ${lines([publicKey])} >id_rsa.pub &&
printf %s ${quoteWord(clientConfig)} >config && chmod 600 config &&
printf %s ${lines(authorized)} >>authorized_keys`;
}

async function restore(remote: Remote, stamp: string): Promise<void> {
  await remote.run(
    `cd ~/.ssh || exit 0
for file in ${replaced}; do
  rm -f "$file"
  [ ! -e "\${file}_${stamp}" ] || mv "\${file}_${stamp}" "$file"
done`,
    { label: 'ssh_keys: restore' },
  );
}
