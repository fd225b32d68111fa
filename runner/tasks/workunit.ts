import { isType } from '../../core/config/roles.ts';
import type { PlainValue, Task, TaskContext } from '../engine/task.ts';
import { parallel } from '../remote/parallel.ts';
import { texts } from './argument-kinds.ts';
import { TaskConfigError } from './task-config.ts';
import { readWorkunit } from './workunit/workunit-arguments.ts';
import type { WorkunitConfig } from './workunit/workunit-arguments.ts';
import { clientOf, makeScratch, runSpec, shipWorkunits } from './workunit/workunit-client.ts';
import { findWorkunits } from './workunit/workunit-tree.ts';

/**
 * Runs workunits, which are programs in the suite's tree, on clients: those of named clients at the same time for all of them, and then
 * each spec of `all` in turn on every client at the same time.
 */
export const task: Task = async (ctx, given) => {
  const config = readWorkunit(ctx.job, given);
  const specs = new Map(
    Object.entries(config.clients).map(([role, value]) => [role, readSpecs(role, value)]),
  );
  checkEnvironment(config);
  const forAll = specs.get('all') ?? [];
  specs.delete('all');
  const clients = ctx.cluster.hosts.flatMap(({ roles }) => roles.filter(isType('client')));
  const taking = [...new Set([...specs.keys(), ...(forAll.length > 0 ? clients : [])])];
  const places = new Map(taking.map((role) => [role, clientOf(ctx, role, config)]));
  const tree = await findWorkunits(ctx, config);
  ctx.log.info('Making a separate scratch dir for every client...');
  const available = new Map<string, string[]>();
  await onClients(ctx, taking, async (role) => {
    const client = placeOf(places, role);
    await makeScratch(ctx, client);
    available.set(role, await shipWorkunits(ctx, client, tree));
  });
  const run = (role: string, spec: string, signal: AbortSignal): Promise<void> =>
    runSpec(ctx, {
      client: placeOf(places, role),
      spec,
      available: available.get(role) ?? [],
      config,
      revision: tree.revision,
      signal,
    });
  await onClients(ctx, [...specs.keys()], async (role, signal) => {
    for (const spec of specs.get(role) ?? []) await run(role, spec, signal);
  });
  for (const spec of forAll) await onClients(ctx, clients, (role, signal) => run(role, spec, signal));
};

async function onClients(
  ctx: TaskContext,
  roles: readonly string[],
  act: (role: string, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await parallel(
    roles.map((role) => (signal: AbortSignal) => act(role, signal)),
    { signal: ctx.signal },
  );
}

function placeOf<T>(places: ReadonlyMap<string, T>, role: string): T {
  const place = places.get(role);
  if (place === undefined) throw new Error(`${role} was not prepared`);
  return place;
}

function readSpecs(role: string, value: PlainValue): readonly string[] {
  const specs = texts.read(value);
  const bad = specs?.some(
    (spec) => spec.trim() === '' || spec.startsWith('/') || /(^|\/)\.\.(\/|$)/.test(spec),
  );
  if (specs === undefined || bad)
    throw new TaskConfigError({
      task: 'workunit',
      path: `clients.${role}`,
      expected: 'a list of paths below the folder of workunits',
      given: value,
    });
  return specs;
}

function checkEnvironment({ env }: WorkunitConfig): void {
  const bad = Object.keys(env).find((key) => !/^[A-Za-z_]\w*$/.test(key));
  if (bad === undefined) return;
  throw new TaskConfigError({
    task: 'workunit',
    path: 'env',
    expected: 'a map from names of variables',
    given: bad,
  });
}
