import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnServers, startRemote } from '../../test/fixtures/ssh-remote.ts';
import type { RemoteFixture } from '../../test/fixtures/ssh-remote.ts';
import type { Remote, RemoteProcess } from './remote.ts';

describeOnServers('a started command', (server) => {
  let fixture: RemoteFixture;
  let remote: Remote;
  beforeAll(async () => {
    fixture = await startRemote(server);
    remote = fixture.remote;
  });
  afterAll(async () => fixture[Symbol.asyncDispose]());

  test('ends when its input is closed', async () => {
    const cat = await remote.start('cat > copied', { stdin: 'pipe' });
    cat.stdin?.write('one ');
    cat.stdin?.end('two');
    expect(await cat.wait()).toMatchObject({ exitStatus: 0, command: 'cat > copied' });
    expect((await remote.readFile('copied')).toString()).toBe('one two');
  });

  test('takes much input, with waiting for it to be taken', async () => {
    const count = await remote.start('wc -c > count', { stdin: 'pipe' });
    const block = Buffer.alloc(1_000_000);
    for (let i = 0; i < 20; i++) {
      if (count.stdin?.write(block) === false)
        await new Promise((resolve) => count.stdin?.once('drain', resolve));
    }
    count.stdin?.end();
    await count.wait();
    expect(Number((await remote.readFile('count')).toString())).toBe(20_000_000);
  });

  test('tells of its end as often as it is asked, and that it is over', async () => {
    const handle = await remote.start('read line; exit 4', { stdin: 'pipe' });
    expect(handle.finished).toBe(false);
    handle.stdin?.write('go\n');
    await expect(handle.wait()).rejects.toMatchObject({ exitStatus: 4 });
    await expect(handle.wait()).rejects.toMatchObject({ exitStatus: 4 });
    expect(handle.finished).toBe(true);
  });

  test('fails unheard when nobody waits for it', async () => {
    const handle = await remote.start('exit 1');
    while (!handle.finished) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await remote.sh('echo others go on')).toBe('others go on\n');
  });

  test('answers writing after its end with EPIPE', async () => {
    const handle = await remote.start('true', { stdin: 'pipe' });
    await handle.wait();
    const error = await new Promise((resolve) => handle.stdin?.write('x', resolve));
    expect(error).toMatchObject({ code: 'EPIPE' });
  });

  test('has no input unless it is asked for', async () => {
    const handle = await remote.start('cat');
    expect(handle.stdin).toBeNull();
    expect((await handle.wait()).exitStatus).toBe(0);
  });

  test('does not keep others from running, however many of them stay', async () => {
    const daemons: RemoteProcess[] = [];
    for (let i = 0; i < 20; i++) daemons.push(await remote.start('cat', { stdin: 'pipe', quiet: true }));
    expect(await remote.sh('echo room')).toBe('room\n');
    for (const daemon of daemons) daemon.stdin?.end();
    const ends = await Promise.all(daemons.map(async (daemon) => daemon.wait()));
    expect(ends.map((end) => end.exitStatus)).toEqual(daemons.map(() => 0));
    expect(await remote.sh('echo room')).toBe('room\n');
  });

  test('may meet others that all wait for each other', async () => {
    const count = 20;
    const meet = `mkdir -p meet && : > meet/$N && while [ $(ls meet | wc -l) -lt ${count} ]; do sleep 0.05; done`;
    await Promise.all(
      Array.from({ length: count }, async (_, index) =>
        remote.run(meet, { env: { N: String(index) }, quiet: true }),
      ),
    );
    expect(await remote.sh('ls meet | wc -l')).toMatch(`${count}`);
  });
});
