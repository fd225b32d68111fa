import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';
import { checkTasks } from '../engine/check-tasks.ts';
import { createTaskRegistry } from '../engine/task-registry.ts';
import { adminSocketArguments } from './admin_socket.ts';
import { ansibleArguments } from './ansible-config.ts';
import { builtInTasks } from './built-in.ts';
import { cramArguments } from './cram.ts';
import { lockfileArguments } from './lockfile.ts';
import { monThrashArguments } from './mon_thrash.ts';
import { netemArguments } from './netem.ts';
import { kernelArguments } from './kernel/kernel-config.ts';
import { selinuxArguments } from './selinux.ts';
import { cephArguments } from '../ceph/ceph-config.ts';
import { installArguments } from './install/install-arguments.ts';
import { cephFuseArguments } from './ceph_fuse.ts';
import { radosArguments } from './rados.ts';
import { radosbenchArguments } from './radosbench.ts';
import { rbdArguments } from './rbd.ts';
import { rgwArguments } from './rgw.ts';
import { thrashosdsArguments } from './thrashosds.ts';
import { loopArguments } from './loop.ts';
import { sleepArguments } from './sleep.ts';
import { templateArguments } from './template.ts';
import { workunitArguments } from './workunit/workunit-arguments.ts';

const folder = join(import.meta.dirname, '../../docs/tasks');
const names = Object.keys(builtInTasks).filter((name) => name !== 'internal');
const tables: readonly (readonly [string, { readonly documentation: string }])[] = [
  ['admin_socket', adminSocketArguments],
  ['ansible', ansibleArguments],
  ['ceph', cephArguments],
  ['cram', cramArguments],
  ['install', installArguments],
  ['kernel', kernelArguments],
  ['lockfile', lockfileArguments],
  ['mon_thrash', monThrashArguments],
  ['netem', netemArguments],
  ['ceph_fuse', cephFuseArguments],
  ['rados', radosArguments],
  ['radosbench', radosbenchArguments],
  ['rbd', rbdArguments],
  ['rgw', rgwArguments],
  ['selinux', selinuxArguments],
  ['thrashosds', thrashosdsArguments],
  ['loop', loopArguments],
  ['sleep', sleepArguments],
  ['workunit', workunitArguments],
  ['writing-one', templateArguments],
];

function page(name: string): Promise<string> {
  return readFile(join(folder, `${name}.md`), 'utf8');
}

async function exampleOf(name: string): Promise<string> {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(await page(name)) ?? [];
  if (example === undefined) throw new Error(`${name}.md has no example`);
  return example;
}

describe('the pages of the tasks', () => {
  test('are one for each task', async () => {
    const pages = (await readdir(folder)).map((file) => file.replace(/\.md$/, ''));
    expect(pages.filter((name) => name !== 'writing-one').sort()).toEqual([...names].sort());
  });

  test.each(tables)(
    '%s shows the table that the task reads its config with',
    async (name, { documentation }) => {
      expect(await page(name)).toContain(documentation);
    },
  );

  test.each(names)('%s has an example with tasks that exist, itself among them', async (name) => {
    const job = toPlain(pyYaml.parse(await exampleOf(name))) as { [key: string]: PlainValue };
    const tasks = createTaskRegistry({ builtIn: builtInTasks, suitePath: null, suite: null });
    await checkTasks({ lists: [{ path: 'tasks', entries: job['tasks'] as PlainValue[] }], job, tasks });
    // The kernel is a key of the job.
    const { tasks: list, kernel } = job;
    expect(JSON.stringify([list, { kernel }]).replaceAll('-', '_')).toMatch(
      new RegExp(`"${name}(\\.\\w+)?":`),
    );
  });
});

describe('the examples of the tasks', () => {
  let bench: JobBench;
  beforeAll(async () => {
    bench = await startJobBench(2);
  });
  afterAll(() => bench.stop());

  // Tested elsewhere: these need Ansible, root, a Ceph cluster, or a suite, or sleep on purpose.
  const elsewhere: ReadonlySet<string> = new Set([
    'admin_socket',
    'ansible',
    'cram',
    'lockfile',
    'mon_thrash',
    'netem',
    'ceph',
    'install',
    'parallel_example',
    'workunit',
    'ceph_fuse',
    'rados',
    'radosbench',
    'rbd',
    'rgw',
    's3',
    'selinux',
    'thrashosds',
  ]);
  const run = names.filter((name) => !elsewhere.has(name));

  test.each(run)('%s passes', async (name) => {
    const { status, failureReason } = await bench.run(await exampleOf(name));
    expect([status, failureReason]).toEqual(['pass', null]);
  });
});
