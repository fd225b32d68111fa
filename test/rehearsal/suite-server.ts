import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** The suites of a folder as a tarball at a URL, as a forge has them. */
export async function serveSuites(folder: string): Promise<AsyncDisposable & { readonly url: string }> {
  const files = readdirSync(join(folder, 'suites'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  );
  const server = createServer((_, response) => {
    const tarball = pack();
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      tarball.entry({ name: `loligo-main${path.slice(folder.length)}` }, readFileSync(path));
    }
    tarball.finalize();
    tarball.pipe(createGzip()).pipe(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/loligo-main.tar.gz`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
