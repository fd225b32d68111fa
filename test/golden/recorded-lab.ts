import { readFileSync } from 'node:fs';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import type { LabClient } from '../../cli/client/lab-client.ts';
import { labSubmit } from '../../api/lab-submit.ts';
import { localSources } from '../../cli/lab/submit-ports.ts';
import { command as suiteCommand } from '../../cli/suite.ts';
import { defaultSuiteSettings } from '../../core/config/suite-settings.ts';
import type { NodeSpec } from '../../core/locks/node.ts';
import type { Commits } from '../../core/ports/commits.ts';
import type { JobRecord, JobStore } from '../../core/ports/job-store.ts';
import type { PackageIndex } from '../../core/ports/package-index.ts';
import { apiLab } from '../fixtures/api-lab.ts';

const now = new Date(2026, 0, 2, 3, 4, 5).getTime();

/** A lab on real stores with the constants of the recording in place of git servers, package index and results server. */
export function suiteLab({ env }: { env: Readonly<Record<string, string>> }, here: (text: string) => string) {
  const stores = apiLab();
  const jobs =
    env['FAKE_RERUN'] === undefined
      ? stores.ports.jobs
      : fakeEarlierRun(stores.ports.jobs, here(env['FAKE_RERUN']));
  const nodes = { ...stores.ports.nodes, list: async () => [fakeNode('smithi'), fakeNode('gibba')] };
  const submit = labSubmit({
    jobs,
    nodes,
    clock: { now: () => now },
    wakeups: { poke: async () => {} },
    yaml: pyYaml,
    scripts: luaMergeScripts(),
    random: () => 0,
    defaultMachineType: null,
    maxJobSeconds: 3600,
    ...localSources('/nonexistent'), // every source here is a folder
    suiteSettings: async () => ({
      ...defaultSuiteSettings,
      cephRepo: 'https://github.com/ceph/ceph-ci.git',
      teuthologyRepo: 'https://github.com/ceph/teuthology.git',
      packageIndexUrl: 'http://index.test',
    }),
    commits: fakeCommits,
    packageIndex: () => fakeIndex(env['FAKE_MISSING_OS'] ?? null),
  });
  const lab = apiLab({
    submit,
    clock: { now: () => now },
    authenticate: async () => ({ name: 'tester', operator: true }),
  });
  const client: LabClient = {
    url: '',
    get: async () => Promise.reject(new Error('nothing is read')),
    put: async () => Promise.reject(new Error('nothing is changed')),
    stream: async () => Promise.reject(new Error('nothing is streamed')),
    post: async <T>(path: string, body: unknown) => {
      const response = await lab.send('POST', path, body);
      const answer = (await response.json()) as T & { detail?: string };
      const { dry_run: dry } = body as { dry_run: boolean };
      const wanted = answer.detail !== undefined ? 422 : dry ? 200 : 201;
      if (response.status !== wanted) throw new Error(`status ${response.status} instead of ${wanted}`);
      if (answer.detail !== undefined) throw new Error(answer.detail);
      return answer;
    },
  };
  return {
    run: async (args: readonly string[]) => {
      const out = { stdout: '', stderr: '', error: null as string | null };
      const word = suiteCommand({
        lab: () => client,
        print: async (lines) => void (out.stdout += [...lines].map((line) => `${line}\n`).join('')),
        say: (line) => void (out.stderr += `${line}\n`),
        agrees: async () => false,
      });
      await word
        .exitOverride()
        .parseAsync(args, { from: 'user' })
        .catch((error: Error) => (out.error = error.message));
      return out;
    },
    [Symbol.dispose]: () => {
      lab.close();
      stores.close();
    },
  };
}

/** A fake of the git servers. */
const fakeCommits: Commits = {
  head: async (repo, branch) => {
    if (branch === 'nosuch') return null;
    return (repo.includes('teuthology') ? '7' : 'c').repeat(40);
  },
  has: async () => true,
  parents: async (_, __, count) =>
    Array.from({ length: count }, (_, index) => String(index + 1).padStart(40, '0')),
};

/** A fake of the package index; of one system it has no builds. */
function fakeIndex(missingOs: string | null): PackageIndex {
  return {
    origin: 'fake',
    find: async ({ project, ref, osType }) => {
      if ('branch' in ref && ref.branch === 'nosuch') return null;
      if (osType !== null && osType === missingOs) return null;
      return { sha1: (project === 'kernel' ? 'e' : 'c').repeat(40), version: '1' };
    },
  };
}

/** A fake of a store that knows the recorded run `old`. */
function fakeEarlierRun(jobs: JobStore, file: string): JobStore {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as {
    suite: string;
    jobs: {
      job_id: string;
      status: JobRecord['status'];
      description: string | null;
      seed?: number;
      subset?: string;
    }[];
  };
  const [first] = recorded.jobs;
  return {
    ...jobs,
    getRun: async (name) =>
      name !== 'old'
        ? await jobs.getRun(name)
        : {
            name,
            suite: recorded.suite.replaceAll('/', ':'),
            owner: 'tester',
            machineType: 'smithi',
            seed: first?.seed ?? null,
            subset: first?.subset ?? null,
            noNestedSubset: false,
            sha1: null,
            submittedAt: now,
            updatedAt: now,
            closed: true,
            counts: { queued: 0, waiting: 0, running: 0, pass: 0, fail: 0, dead: 0 },
          },
    listJobs: async ({ statuses = [] }) =>
      recorded.jobs
        .filter((job) => statuses.includes(job.status))
        .map((job) => ({ description: job.description ?? '' }) as JobRecord),
  };
}

function fakeNode(machineType: string) {
  return { machineType, arch: 'x86_64' } as NodeSpec as never;
}
