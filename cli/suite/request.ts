import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import type { suiteRequestSchema } from '../../api/requests.ts';
import { InputError } from '../client/failure.ts';
import type { SuiteOptions } from './options.ts';

type Body = z.input<typeof suiteRequestSchema>;

/** What is sent to `POST /v1/suites`. Files of the command line are read here, since the lab may be elsewhere. */
export async function suiteRequestBody(configFiles: readonly string[], options: SuiteOptions): Promise<Body> {
  if (options.suite === undefined && options.rerun === undefined)
    throw new InputError('which suite? loligo suite -s SUITE, or -r RUN');
  const texts = await Promise.all(configFiles.map((file) => readConfig(file, options)));
  return {
    suite: options.suite ?? null,
    rerun: options.rerun ?? null,
    rerun_statuses: options.rerunStatuses,
    ...buildPart(options),
    ...jobPart(options),
    config_yaml: texts,
    owner: options.owner ?? null,
    email: options.email ?? null,
    timeout: options.timeout ?? null,
    rocketchat: options.rocketchat ?? null,
    archive_upload: options.archiveUpload ?? null,
    verbose: options.verbose > 0,
  };
}

function buildPart(options: SuiteOptions) {
  return {
    suite_dir: suiteDir(options),
    suite_relpath: options.suiteRelpath ?? null,
    suite_repo: options.suiteRepo ?? null,
    suite_branch: options.suiteBranch ?? null,
    suite_sha1: options.suiteSha1 ?? null,
    ceph_branch: options.ceph,
    ceph_repo: options.cephRepo ?? null,
    sha1: options.sha1 ?? null,
    validate_sha1: options.validateSha1,
    newest: options.newest,
    package_index: options.packageIndex ?? null,
    kernel: options.kernel,
    kdb: options.kdb,
    flavor: options.flavor,
    teuthology_branch: options.teuthologyBranch ?? null,
    arch: options.arch ?? null,
  } satisfies Partial<Body>;
}

function jobPart(options: SuiteOptions) {
  return {
    name: options.name ?? null,
    machine_type: options.machineType ?? null,
    priority: options.priority,
    force_priority: options.forcePriority,
    job_threshold: options.jobThreshold ?? null,
    num: options.num,
    limit: options.limit,
    subset: options.subset ?? null,
    seed: options.seed >= 0 ? options.seed : null,
    no_nested_subset: options.nestedSubset ? null : true,
    filters: {
      in: options.filter,
      out: options.filterOut,
      all: options.filterAll,
      fragments: options.filterFragments,
    },
    compat: options.compat,
    distro: options.distro ?? null,
    distro_version: options.distroVersion ?? null,
    expire: options.expire ?? null,
    sleep_before_teardown: options.sleepBeforeTeardown,
  } satisfies Partial<Body>;
}

/** Null = the suites are in a repository. */
function suiteDir(options: SuiteOptions): string | null {
  if (options.suiteDir !== undefined) return resolve(options.suiteDir);
  if ((options.suiteRepo ?? options.suiteBranch ?? options.suiteSha1) !== undefined) return null;
  const relpath = options.suiteRelpath ?? '';
  const here = [join(relpath, 'suites'), 'qa/suites'].some((path) => existsSync(path));
  return here ? resolve('.') : join(import.meta.dirname, '..', '..');
}

/** Paths count from here or, as in the original, from the folder of the suites. */
async function readConfig(file: string, { suiteDir: folder }: SuiteOptions): Promise<string> {
  const path = folder === undefined || existsSync(file) ? file : resolve(folder, file);
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new InputError(`cannot read '${file}': ${(cause as Error).message}`, { cause });
  }
}
