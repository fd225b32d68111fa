import { posix } from 'node:path';
import { withOverrides } from '../../core/config/overrides.ts';
import { readClients } from '../ceph/client-roles.ts';
import type { ClientRole } from '../ceph/client-roles.ts';
import type { Remote, Task, TaskContext } from '../engine/task.ts';
import { packagesOf } from '../packages/packages-of.ts';
import { parallel } from '../remote/parallel.ts';
import { quoteWord } from '../remote/quote.ts';
import { argument, required, taskArguments } from './args.ts';
import { map, optional, text, texts } from './argument-kinds.ts';
import { TaskConfigError } from './task-config.ts';
import { testVariables } from './test-variables.ts';
import { readTestFile, suiteBranch } from './test-file.ts';

const revision = (usage: string) => argument({ usage, kind: optional(text), fallback: null });

export const cramArguments = taskArguments('cram', {
  clients: required({
    usage: 'clients (or `all`) and lists of tests: URLs, or paths in the suite',
    kind: map,
  }),
  env: argument({ usage: 'more variables of their environment', kind: map, fallback: {} }),
  sha1: revision('what `{branch}` in a URL stands for; the first of these that is given counts'),
  tag: revision('as `sha1`'),
  branch: revision('as `sha1`'),
  suite_sha1: revision('as `sha1`'),
  suite_branch: revision('as `sha1`'),
  repo: revision('taken for the overrides of `workunit`, and not used: paths are in the suite'),
});

/** A host has no cram, and cannot get it. */
class NoCramError extends Error {
  override readonly name = 'NoCramError';
}

interface CramTest {
  readonly name: string; // of its file, ending in `.t`
  readonly content: Buffer;
}

/**
 * Runs cram tests (shell sessions with the output that they must have) on clients, all clients at the same time. Tests that failed stay
 * in the archive, with what they really printed, as `cram.ROLE/NAME.t.err`.
 */
export const task: Task = async (ctx, config) => {
  const read = cramArguments.read(withOverrides(ctx.job, 'workunit', config));
  const clients = readClients(ctx, 'cram', read.clients);
  const ref =
    read.branch ?? read.tag ?? read.sha1 ?? read.suite_branch ?? read.suite_sha1 ?? suiteBranch(ctx);
  const work = await Promise.all(
    clients.map(async (client) => ({ client, tests: await readTests(ctx, client, ref) })),
  );
  await parallel(
    [...new Set(clients.map(({ remote }) => remote))].map((remote) => () => provideCram(ctx, remote)),
    { signal: ctx.signal },
  );
  await parallel(
    work.map(
      ({ client, tests }) =>
        (signal: AbortSignal) =>
          runTests(ctx, { client, tests, ref, env: read.env, signal }),
    ),
    { signal: ctx.signal },
  );
};

async function readTests(ctx: TaskContext, client: ClientRole, branch: string): Promise<CramTest[]> {
  const names = texts.read(client.config);
  const bad = names?.find((name) => !/[^/=;]+\.t$/.test(name));
  if (names === undefined || names.length === 0 || bad !== undefined)
    throw new TaskConfigError({
      task: 'cram',
      path: `clients.${client.role}`,
      expected: 'a list of tests whose names end in .t',
      given: bad ?? client.config,
    });
  return await Promise.all(
    names.map(async (name) => ({
      name: /[^/=;]+\.t$/.exec(name)?.[0] ?? name,
      content: await readTestFile(ctx, { task: 'cram', name, branch }),
    })),
  );
}

const find = 'command -v cram || command -v cram3';

/** Debian calls the program cram3. A host without it gets the distribution's package, which stays until the host is cleaned. */
async function provideCram(ctx: TaskContext, remote: Remote): Promise<void> {
  const { exitStatus } = await remote.run(find, { check: false, quiet: true, signal: ctx.signal });
  if (exitStatus === 0) return;
  ctx.log.info(`Installing cram on ${remote.shortname}...`);
  try {
    const packages = await packagesOf(remote, { log: ctx.log, signal: ctx.signal });
    await packages.update();
    ctx.defer(() => packages.remove(['python3-cram']));
    await packages.install([{ name: 'python3-cram', version: null }]);
  } catch (cause) {
    ctx.signal.throwIfAborted();
    throw new NoCramError(
      `cram: ${remote.shortname} has no cram, and its package cannot be installed; put python3-cram into the 'extra_system_packages' of 'install'`,
      { cause },
    );
  }
}

async function runTests(
  ctx: TaskContext,
  params: {
    client: ClientRole;
    tests: readonly CramTest[];
    ref: string;
    env: ReturnType<typeof cramArguments.read>['env'];
    signal: AbortSignal;
  },
): Promise<void> {
  const { client, tests, ref, signal } = params;
  const { remote, role, id } = client;
  const folder = posix.join(remote.testDir, 'archive', `cram.${role}`);
  const at = quoteWord(folder);
  ctx.defer(async () => {
    // What has passed is not worth keeping.
    const keep = `cd ${at} && for test in *.t; do test -e "$test.err" || rm -f -- "$test"; done; cd .. && rmdir --ignore-fail-on-non-empty -- ${at}`;
    await remote.run(keep, { label: `cram: keep the failed tests of ${role}` });
  });
  await remote.run(['mkdir', '-p', '--', folder], { signal });
  for (const { name, content } of tests)
    await remote.writeFile(posix.join(folder, name), content, { signal });
  ctx.log.info(`Running tests for ${role}...`);
  const variables: Record<string, unknown> = {
    CEPH_REF: ref,
    CEPH_ID: id,
    CEPH_ARGS: `--cluster ${client.cluster}`,
    PYTHONDONTWRITEBYTECODE: '1',
    ...testVariables(ctx, { remote, root: false }),
    ...params.env,
  };
  const words = Object.entries(variables).map(([key, value]) => `${key}=${quoteWord(String(value ?? ''))}`);
  const program = `$(${find})`;
  await remote.run(`cd ${at} && env ${words.join(' ')} PATH=$PATH:/usr/sbin "${program}" -v -- ./*.t`, {
    label: `cram tests of ${role}`,
    logger: ctx.log.child(role),
    signal,
  });
}
