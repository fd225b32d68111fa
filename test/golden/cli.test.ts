import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { luaMergeScripts } from '../../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { command as describeCommand } from '../../cli/describe.ts';
import type { LabClient } from '../../cli/lab-client.ts';
import { labSubmit } from '../../cli/lab-submit.ts';
import { command as suiteCommand } from '../../cli/suite.ts';
import { canonicalJson } from '../../core/config/canonical-json.ts';
import { defaultSuiteSettings } from '../../core/config/suite-settings.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import type { Commits } from '../../core/ports/commits.ts';
import type { JobRecord, JobStore } from '../../core/ports/job-store.ts';
import type { PackageIndex } from '../../core/ports/package-index.ts';
import type { NodeSpec } from '../../core/locks/node.ts';
import { apiLab } from '../fixtures/api-lab.ts';
import { describeWith } from '../requirements.ts';
import { goldenLines, scratchFolder } from './golden-data.ts';

interface Transcript {
  readonly kind: 'suite' | 'describe';
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly rc: number;
  readonly stdout: string;
  readonly log: string;
  readonly queue_file?: string;
}

const [head, ...transcripts] = goldenLines<Transcript & { tree?: Readonly<Record<string, string>> }>(
  'cli.jsonl.gz',
);
const ofKind = (kind: Transcript['kind']) => transcripts.filter((each) => each.kind === kind);

describeWith(['shared'], 'the command lines of the original', () => {
  const folder = scratchFolder();
  afterAll(() => folder[Symbol.dispose]());
  for (const [path, text] of Object.entries(head?.tree ?? {})) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  const here = (text: string) => text.replaceAll('@ROOT@', folder.path);
  const there = (text: string) => text.replaceAll(folder.path, '@ROOT@');

  /** Of what the original prints, what is different here on purpose. */
  const describeDifferences: Readonly<Record<string, (stdout: string) => string>> = {
    // Its last line names the last fragment printed instead of the folder.
    d_sum_P: (stdout) => stdout.replace(/^(# 13\/13 @ROOT@\/qa\/suites\/mini)\/.*$/m, '$1'),
  };

  describe('describe', () => {
    test.each(ofKind('describe'))('$name: $args', async ({ name, args, rc, stdout }) => {
      let written = '';
      const word = describeCommand({ write: async (text) => void (written += text) }).exitOverride();
      await word.parseAsync(args.map(here), { from: 'user' });
      expect({ rc: 0, stdout: there(written) }).toEqual({
        rc,
        stdout: (describeDifferences[name] ?? ((text: string) => text))(stdout),
      });
    });
  });

  /** The sentences with which the same orders are refused here. */
  const refusals: Readonly<Record<string, RegExp>> = {
    kernel_missing: /^Kernel branch 'nosuch' not found$/,
    ceph_missing: /^Branch 'nosuch' not found in repo: ceph-ci\.git!$/,
    extra_yaml_missing: /^cannot read 'nosuch\.yaml': ENOENT/,
    priority_low: /^priority 40 is for emergencies/,
    threshold: /more jobs than the threshold of 5/,
    missing_pkgs: /^at least one job needs packages that do not exist for hash c{40}: .*'ubuntu 22\.04'/,
    rerun_subset_mismatch: /^subset 0\/2 differs from that of run 'old', 1\/2$/,
    rerun_nonested_mismatch: /^no_nested_subset true differs from that of run 'old', false$/,
    machine_none: /^which machine type\?/,
    suite_missing: /suites\/mini\/nosuch/,
  };
  /** Refused here, while the original goes on: its rerun finds none of the jobs any more and schedules nothing. */
  const refusedHere: Readonly<Record<string, RegExp>> = { rerun: /none of the 2 jobs to repeat any more$/ };

  /** Filters look at fragments there even when they are told not to; here only with --compat. */
  const compat = new Set(['filter_yaml_default', 'filter_yaml_F_false']);

  describe('suite', () => {
    test.each(ofKind('suite').filter(({ name }) => compat.has(name)))(
      '$name, without --compat: nothing',
      async (transcript) => {
        using lab = suiteLab(transcript, here);
        const ran = await lab.run(transcript.args.map(here));
        expect(countsOf(ran.stdout)).toEqual({ scheduled: [0], filtered: [12, 12], total: [0] });
      },
    );

    test.each(ofKind('suite'))('$name: $args', async (transcript) => {
      const { name, args, rc, log, stdout } = transcript;
      using lab = suiteLab(transcript, here);
      const ran = await lab.run([...args.map(here), ...(compat.has(name) ? ['--compat'] : [])]);
      const refusal = refusals[name] ?? refusedHere[name];
      if (refusal !== undefined) {
        expect(ran.error).toMatch(refusal);
        expect(rc).toBe(name in refusedHere ? 0 : 1);
        return;
      }
      expect({ rc: ran.error === null ? 0 : 1, error: ran.error }).toEqual({ rc, error: null });
      const said = `${ran.stdout}${ran.stderr}`;
      expect(countsOf(said)).toEqual(countsOf(log));
      expect(countsOf(said).total).toHaveLength(1);
      if (args.includes('-b')) {
        const ours = readFileSync(join(folder.path, 'queue.yaml'), 'utf8');
        expect(jobsIn(ours, name, folder.path, ['job_id'])).toEqual(
          jobsIn(transcript.queue_file ?? '', name, folder.path, ['job_id']),
        );
        expect(said.match(/and ID \d+/g)).toHaveLength(4);
        rmSync(join(folder.path, 'queue.yaml'));
      } else if (args.includes('-vv')) {
        const jobs = jobsIn(ran.stdout, name, folder.path);
        expect(jobs).toEqual(jobsIn(stdout, name, folder.path));
      } else {
        expect(scheduled(ran.stdout)).toEqual(scheduled(log));
        expect(baseIn(ran.stdout, folder.path)).toEqual(baseIn(log, folder.path));
      }
    });
  });
});

/** `2 scheduled, 10 of 12 left out, 6 in total`, as the closing lines of either say it. */
function countsOf(text: string) {
  const pick = (pattern: RegExp) => pattern.exec(text)?.slice(1).map(Number);
  return {
    scheduled: pick(/^(?:INFO:\S+:)?Suite .*schedule(?:d)? (\d+) jobs/m),
    filtered: pick(/(\d+)\/(\d+) jobs were filtered out/),
    total: pick(/(?:Scheduled|Would schedule) (\d+) jobs in total/),
  };
}

function scheduled(text: string): string[] {
  return [...text.matchAll(/^(?:INFO:\S+:)?Scheduling (mini.*)$/gm)].map((match) => match[1] ?? '');
}

/** The base config, without where the suite lies: that is new here. */
function baseIn(text: string, root: string): string {
  const yaml =
    /Base job config:\n([\s\S]*?)\n\n?(?=INFO:|Scheduling |Suite )/.exec(`${text}\nINFO:`)?.[1] ?? '';
  expect(yaml).toContain('machine_type: smithi');
  return canonicalJson(comparable(pyYaml.parse(yaml), root));
}

/** The jobs of a stream of YAML documents but for those that only mark a run's begin and end. */
function jobsIn(text: string, name: string, root: string, ignored: readonly string[] = []): string[] {
  const documents = text
    .split(/^---$/m)
    .filter((part) => part.trim() !== '')
    .map((part) => pyYaml.parse(part))
    .filter(
      (value) =>
        isYamlMap(value) && value.get('first_in_suite') === false && value.get('last_in_suite') === false,
    );
  return documents.map((document) => {
    const job = comparable(document, root);
    for (const key of ignored) job.delete(key);
    // Recorded here, so that a rerun can repeat it; lost in the original.
    if (name === 'subset_nonested') job.set('no_nested_subset', true);
    return canonicalJson(job);
  });
}

function comparable(value: YamlValue, root: string): Map<unknown, YamlValue> & YamlMap {
  const job = new Map(isYamlMap(value) ? value : []);
  if (job.get('suite_path') === join(root, 'qa')) job.delete('suite_path');
  return job;
}

const now = new Date(2026, 0, 2, 3, 4, 5).getTime();

/** A lab on real stores with the constants of the recording in place of git servers, package index and results server. */
function suiteLab({ env }: Transcript, here: (text: string) => string) {
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
      expect(response.status).toBe(
        answer.detail === undefined ? ((body as { dry_run: boolean }).dry_run ? 200 : 201) : 422,
      );
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
