import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { CheckFailedError, expectSame } from './check.ts';
import type { Check } from './check.ts';

const manyBytes = 8 * 1024 * 1024;

export const streamChecks: readonly Check[] = [
  {
    name: 'standard input ends at once when none is given',
    run: async ({ remote, signal }) => {
      const { stdout } = await remote.run('cat; echo end', { collect: 'stdout', signal });
      expectSame('stdout', stdout, 'end\n');
    },
  },
  {
    name: 'standard input reaches the command and then ends',
    run: async ({ remote, signal }) => {
      const { stdout } = await remote.run('cat; echo end', { stdin: 'a\nb', collect: 'stdout', signal });
      expectSame('stdout', stdout, 'a\nbend\n');
    },
  },
  {
    name: 'bytes of all values go there and back unchanged',
    run: async ({ remote, signal }) => {
      const sent = Buffer.concat([
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        randomBytes(65_536),
      ]);
      const received: Buffer[] = [];
      const onStdout = (chunk: Buffer): void => void received.push(Buffer.from(chunk));
      await remote.run('cat', { stdin: sent, onStdout, quiet: true, signal });
      if (!Buffer.concat(received).equals(sent)) throw new CheckFailedError('the bytes came back changed');
    },
  },
  {
    name: 'megabytes go there and back in a stream',
    run: async ({ remote, signal }) => {
      const block = randomBytes(65_536);
      const blocks = manyBytes / block.length;
      const sent = createHash('sha256');
      const received = createHash('sha256');
      const source = Readable.from(
        (function* () {
          for (let index = 0; index < blocks; index += 1) {
            sent.update(block);
            yield block;
          }
        })(),
      );
      const onStdout = (chunk: Buffer): void => void received.update(chunk);
      await remote.run('cat', { stdin: source, onStdout, quiet: true, signal });
      expectSame('the checksum', received.digest('hex'), sent.digest('hex'));
    },
  },
  {
    name: 'a last line without its end is not lost',
    run: async ({ remote, signal }) => {
      const { stdout } = await remote.run("printf 'one\\ntwo'", { collect: 'stdout', signal });
      expectSame('stdout', stdout, 'one\ntwo');
    },
  },
  {
    name: 'a line of a million characters arrives whole',
    run: async ({ remote, signal }) => {
      const command = 'head -c 1000000 /dev/zero | tr "\\0" x';
      const { stdout } = await remote.run(command, { collect: 'stdout', quiet: true, signal });
      expectSame('the length', stdout.length, 1_000_000);
    },
  },
  {
    name: 'characters of several bytes survive being cut in two',
    run: async ({ remote, signal }) => {
      const command = "printf '\\342'; sleep 0.2; printf '\\202\\254'";
      const { stdout } = await remote.run(command, { collect: 'stdout', signal });
      expectSame('stdout', stdout, '€');
    },
  },
  {
    name: 'closing the standard input of a started command ends it',
    run: async ({ remote, signal }) => {
      const process = await remote.start('cat >/dev/null; exit 5', { stdin: 'pipe', check: false, signal });
      expectSame('being finished', process.finished, false);
      process.stdin?.end('some input');
      const { exitStatus } = await process.wait();
      expectSame('the status', exitStatus, 5);
    },
  },
];
