import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { command as describeCommand } from '../../cli/describe.ts';
import { canonicalJson } from '../../core/config/canonical-json.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlMap, YamlValue } from '../../core/config/yaml-value.ts';
import { describeWith } from '../requirements.ts';
import { goldenLines, scratchFolder } from './golden-data.ts';
import { suiteLab } from './recorded-lab.ts';

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
  const queueFile = join(folder.path, 'queue.yaml');
  const here = (text: string) => text.replaceAll('@ROOT@', folder.path);
  const there = (text: string) => text.replaceAll(folder.path, '@ROOT@');

  /** Of what the original prints, what is different here on purpose. */
  const describeDifferences: Readonly<Record<string, (stdout: string) => string>> = {
    // Its last line names the last fragment printed instead of the folder.
    d_sum_P: (stdout) => stdout.replace(/^(# 13\/13 @ROOT@\/qa\/suites\/mini)\/.*$/m, '$1'),
  };

  describe('of describe', () => {
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

  describe('of suite', () => {
    test.each(ofKind('suite').filter(({ name }) => compat.has(name)))(
      '$name, without --compat: nothing',
      async (transcript) => {
        using lab = suiteLab(transcript, here);
        const ran = await lab.run(transcript.args.map(here));
        expect(countsOf(ran.stdout)).toEqual({ scheduled: [0], filtered: [12, 12], total: [0] });
      },
    );

    const run = async (transcript: Transcript) => {
      using lab = suiteLab(transcript, here);
      const { name, args } = transcript;
      return await lab.run([...args.map(here), ...(compat.has(name) ? ['--compat'] : [])]);
    };
    const isRefused = ({ name }: Transcript) => name in refusals || name in refusedHere;
    const taken = ofKind('suite').filter((each) => !isRefused(each));
    const toFile = taken.filter(({ args }) => args.includes('-b'));
    const inFull = taken.filter(({ args }) => args.includes('-vv'));
    const named = taken.filter((each) => !toFile.includes(each) && !inFull.includes(each));

    test.each(ofKind('suite').filter(isRefused))('$name is refused: $args', async (transcript) => {
      const { name, rc } = transcript;
      expect((await run(transcript)).error).toMatch(refusals[name] ?? refusedHere[name] ?? /never/);
      expect(rc).toBe(name in refusedHere ? 0 : 1);
    });

    test.each(taken)('$name counts its jobs: $args', async (transcript) => {
      const { error, stdout, stderr } = await run(transcript);
      expect({ rc: error === null ? 0 : 1, error }).toEqual({ rc: transcript.rc, error: null });
      expect(countsOf(`${stdout}${stderr}`)).toEqual(countsOf(transcript.log));
      expect(countsOf(transcript.log).total).toHaveLength(1);
      rmSync(queueFile, { force: true });
      rmSync(`${queueFile}.count`, { force: true });
    });

    test.each(inFull)('$name makes the same jobs: $args', async (transcript) => {
      const { stdout } = await run(transcript);
      expect(jobsIn(stdout, transcript.name, folder.path)).toEqual(
        jobsIn(transcript.stdout, transcript.name, folder.path),
      );
    });

    test.each(named)('$name names the same jobs over the same base: $args', async (transcript) => {
      const { stdout } = await run(transcript);
      expect(scheduled(stdout)).toEqual(scheduled(transcript.log));
      expect(baseIn(stdout, folder.path)).toEqual(baseIn(transcript.log, folder.path));
    });

    test.each(toFile)('$name writes the same jobs to a file: $args', async (transcript) => {
      const { stdout } = await run(transcript);
      const written = jobsIn(readFileSync(queueFile, 'utf8'), transcript.name, folder.path, ['job_id']);
      expect(written).toEqual(jobsIn(transcript.queue_file ?? '', transcript.name, folder.path, ['job_id']));
      // The two that are missing only mark the run's begin and end.
      expect(stdout.match(/and ID \d+/g)).toEqual([1, 2, 3, 4].map((id) => `and ID ${id}`));
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
  if (!yaml.includes('machine_type: smithi')) throw new Error(`there is no base config in: ${text}`);
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
