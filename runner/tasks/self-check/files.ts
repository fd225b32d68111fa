import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { RemoteFileNotFoundError } from '../../remote/files.ts';
import { CheckFailedError, expectRejection, expectSame } from './check.ts';
import type { Check } from './check.ts';

export const fileChecks: readonly Check[] = [
  {
    name: 'a file is written and read back',
    run: async ({ remote, folder, signal }) => {
      const path = `${folder}/a file's name`;
      const content = randomBytes(100_000);
      await remote.writeFile(path, content, { signal });
      if (!(await remote.readFile(path, { signal })).equals(content)) {
        throw new CheckFailedError('the file came back changed');
      }
    },
  },
  {
    name: 'a file is appended to, its folders are made',
    run: async ({ remote, folder, signal }) => {
      const path = `${folder}/deep/er/file`;
      await remote.writeFile(path, 'one\n', { mkdir: true, signal });
      await remote.writeFile(path, 'two\n', { append: true, signal });
      expectSame('the content', (await remote.readFile(path, { signal })).toString(), 'one\ntwo\n');
    },
  },
  {
    name: 'a file gets the mode that was asked for, also through sudo',
    run: async ({ remote, folder, signal }) => {
      for (const [sudo, mode] of [
        [false, '0640'],
        [true, '0604'],
      ] as const) {
        const path = `${folder}/mode-${mode}`;
        await remote.writeFile(path, 'x', { mode, sudo, signal });
        const shown = await remote.sh(`stat -c 0%a ${path}`, { signal });
        expectSame('the mode', shown.trim(), mode);
        expectSame('the content', (await remote.readFile(path, { sudo, signal })).toString(), 'x');
      }
    },
  },
  {
    name: 'reading a file that does not exist says so',
    run: async ({ remote, folder, signal }) => {
      await expectRejection(remote.readFile(`${folder}/none`, { signal }), RemoteFileNotFoundError);
    },
  },
  {
    name: 'files are copied there and back',
    run: async ({ remote, folder, signal }) => {
      const here = await mkdtemp(join(tmpdir(), 'self-check-'));
      try {
        const content = randomBytes(1_000_000);
        await writeFile(join(here, 'sent'), content);
        await remote.putFile(join(here, 'sent'), `${folder}/copy`, { signal });
        await remote.getFile(`${folder}/copy`, join(here, 'received'), { signal });
        if (!(await readFile(join(here, 'received'))).equals(content)) {
          throw new CheckFailedError('the copy differs');
        }
      } finally {
        await rm(here, { recursive: true, force: true });
      }
    },
  },
  {
    name: 'a folder is pulled with all its regular files and nothing else',
    run: async ({ remote, folder, signal }) => {
      const root = `${folder}/tree`;
      await remote.run(
        `mkdir -p '${root}/sub folder' '${root}/void' && cd '${root}' && printf one >one && : >empty &&
         printf two >'sub folder/two words' && printf dot >.hidden && ln -s /etc/passwd link`,
        { signal },
      );
      const found = new Map<string, string>();
      await remote.pullDirectory(
        root,
        async ({ path, content }) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of content) chunks.push(chunk);
          found.set(path, Buffer.concat(chunks).toString());
        },
        { signal },
      );
      const shown = [...found].sort().map(([path, text]) => `${path}=${text}`);
      expectSame('the files', shown.join(', '), '_hidden=dot, empty=, one=one, sub folder/two words=two');
    },
  },
];
