import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startCli, until } from '../test/fixtures/lab-process.ts';

test('an exporter asks its lab once per interval, and says when it does not answer', async () => {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.end('# HELP a b\n# TYPE a gauge\na 1\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const env = { LOLIGO_API: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const exporter = startCli(['exporter', '--port', '0', '--interval', '1'], env);
  try {
    const urlOf = () => /^(http:\S+) is that/.exec(exporter.output())?.[1];
    await until(exporter.output(), async () => urlOf() !== undefined);
    const read = async () => await (await fetch(urlOf() ?? '')).text();
    expect(await Promise.all([read(), read(), read()]).then((texts) => texts[2])).toBe(
      '# HELP a b\n# TYPE a gauge\na 1\n# HELP loligo_up Whether the lab answers.\n# TYPE loligo_up gauge\nloligo_up 1\n',
    );
    expect(asked).toBe(1);
    server.close();
    server.closeAllConnections();
    await until('the lab is missed', async () => (await read()).endsWith('loligo_up 0\n'));
    exporter.kill('SIGTERM');
    expect(await exporter.ended).toBe(0);
  } finally {
    exporter.kill('SIGKILL');
    server.close();
  }
});
