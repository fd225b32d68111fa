import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { fileArchive } from '../../adapters/embedded/file-archive.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import type { Remote } from '../remote/remote.ts';
import { ConnectFailedError } from '../remote/transport-errors.ts';
import { builtInTasks } from '../tasks/built-in.ts';
import { runJob } from './run-job.ts';
import type { JobResult, RunJobParams } from './run-job.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-job-'));
  return () => rm(folder, { recursive: true });
});

const config = pyYaml.parse(
  'roles: [[node.a], [node.b]]\ntargets: {u@one: null, u@two: null}\nsshkeys: ignore\ntasks: [nop: null]\n',
) as YamlMap;

async function run(params: Partial<RunJobParams>): Promise<JobResult> {
  const options = { name: 'run', jobId: 1, description: null, verbose: false, suitePath: null };
  return await runJob({
    config,
    archive: fileArchive({ folder, baseUrl: null }),
    archivePrefix: 'run/1',
    yaml: pyYaml,
    site: defaultSite,
    options: { ...options, owner: 'ada@lovelace', interactiveOnError: false },
    clock: { now: Date.now },
    builtInTasks,
    signal: new AbortController().signal,
    console: null,
    maxSeconds: null,
    ...params,
  });
}

/** Hosts on which `connect` does this, and how often it has been called. */
function hosts(connect: Remote['connect']) {
  let count = 0;
  const makeRemote: NonNullable<RunJobParams['makeRemote']> = ({ hostname, shortname }) => {
    const counted: Remote['connect'] = async (options) => {
      count += 1;
      await connect(options);
    };
    return { name: `u@${hostname}`, shortname, connect: counted, close: async () => {} } as unknown as Remote;
  };
  return { makeRemote, count: () => count };
}

test('hosts are connected to while the first files are written, once each', async () => {
  const asked = Promise.withResolvers<void>();
  const { makeRemote, count } = hosts(async () => {
    asked.resolve();
    throw new ConnectFailedError('one', 'nobody there');
  });
  const archive = fileArchive({ folder, baseUrl: null });
  const put: typeof archive.put = async (path, content) => {
    if (path.endsWith('/config.yaml')) await asked.promise;
    await archive.put(path, content);
  };
  const result = await run({ makeRemote, archive: { ...archive, put } });
  expect(result).toMatchObject({ status: 'dead', failureReason: expect.stringContaining('nobody there') });
  expect(count()).toBe(2);
});

test('hosts are left alone until it is known that they are the owner’s', async () => {
  const { makeRemote, count } = hosts(async () => {});
  const result = await run({ makeRemote, checkLocks: async () => ['one is locked by somebody else'] });
  expect(result.failureReason).toContain('locked by somebody else');
  expect(count()).toBe(0);
});

test('a job that is told to end does not wait for the connections that it began', async () => {
  const stop = new AbortController();
  const { makeRemote } = hosts(
    (options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
        setImmediate(() => stop.abort(new Error('the end is near')));
      }),
  );
  expect(await run({ makeRemote, signal: stop.signal })).toMatchObject({ status: 'dead', began: false });
});
