import { mkdtempSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { directorySource } from '../adapters/git/directory-source.ts';
import { luaMergeScripts } from '../adapters/lua/merge-scripts.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { canonicalJsonWriter } from '../core/config/canonical-json.ts';
import { expandSuite } from '../core/suites/expand.ts';
import { parseSubset } from '../core/suites/subset.ts';

/**
 * What expanding a suite costs, in CPU seconds after start and in memory: `node bench/suites.ts --suites TARBALL_OR_FOLDER [--suite rados]
 * [--subset 17/2000] [--json]`. Of the time for all of rados about a tenth goes into directories, a fifth into parsing
 * fragments, and a third each into listing jobs and merging them; a small subset is nearly all directories and parsing.
 * `--json` adds the writing of canonical JSON.
 */
const { values } = parseArgs({
  options: {
    suites: { type: 'string', default: join(import.meta.dirname, '../../shared/ceph-qa-suite.tar.gz') },
    suite: { type: 'string', default: 'rados' },
    subset: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

/** What the original took on a machine of two cores, as the specification of this project measured it. */
const original: Readonly<Record<string, string>> = {
  'rados ': 'CPU 7.7 s, peak memory 95 MB',
  'rados 17/2000': 'CPU 0.94 s',
};

const scratch = values.suites.endsWith('.gz') ? unpack(values.suites) : null;
try {
  await measure(scratch ?? values.suites);
} finally {
  if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
}

async function measure(folder: string): Promise<void> {
  const subset = values.subset === undefined ? null : parseSubset(values.subset);
  const write = canonicalJsonWriter();
  const started = process.cpuUsage();
  const began = performance.now();
  let jobs = 0;
  let characters = 0;
  for await (const job of expandSuite({
    source: directorySource(folder),
    suite: values.suite,
    subset,
    seed: 0,
    noNestedSubset: false,
    yaml: pyYaml,
    scripts: luaMergeScripts(),
  })) {
    jobs++;
    if (values.json) characters += write(job.config).length;
  }
  const cpu = process.cpuUsage(started);
  console.log(
    `${values.suite} ${values.subset ?? ''}: ${jobs} jobs${values.json ? `, ${characters} characters` : ''}`,
  );
  console.log(
    `  CPU after start ${((cpu.user + cpu.system) / 1e6).toFixed(3)} s, wall ${Math.round(performance.now() - began)} ms`,
  );
  console.log(`  peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
  const known = original[`${values.suite} ${values.subset ?? ''}`];
  if (known !== undefined && !values.json) console.log(`  the original: ${known}`);
}

function unpack(tarball: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-bench-'));
  execFileSync('tar', ['xzf', tarball, '-C', folder]);
  return folder;
}
