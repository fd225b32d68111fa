import type { YamlMap, YamlValue } from '../config/yaml-value.ts';

/** Which build a suite tests, and with which suites. Null = nobody said and it could not be looked up: the key is left out. */
export interface BuildUnderTest {
  readonly branch: string;
  readonly sha1: string | null;
  readonly repo: string | null;
  readonly flavor: string;
  readonly kernel: KernelChoice | null; // null = none
  readonly teuthologyBranch: string;
  readonly teuthologySha1: string | null;
  readonly suiteBranch: string;
  readonly suiteSha1: string | null;
  readonly suiteRepo: string | null;
}

export interface KernelChoice {
  readonly branch: string;
  readonly sha1: string | null;
  readonly flavor: string | null;
  readonly kdb: boolean;
}

/** What all jobs of a run have in common, whatever their fragments say. */
export interface RunFacts {
  readonly build: BuildUnderTest;
  readonly name: string;
  readonly user: string;
  readonly owner: string;
  readonly timestamp: string;
  readonly priority: number;
  readonly seed: number;
  readonly subset: string | null; // 'M/N'
  readonly suite: string; // with `:` between its parts
  readonly suiteRelpath: string;
  readonly suitePath: string | null; // the folder of tasks that the suite brings
  readonly machineType: string;
  readonly osType: string | null;
  readonly osVersion: string | null;
  readonly expire: string | null;
  readonly email: string | null;
  readonly rocketchat: string | null;
  readonly sleepBeforeTeardown: number; // seconds
  readonly archiveUpload: string | null;
  readonly archiveUploadKey: string | null;
}

type Entries = Readonly<Record<string, YamlValue>>;

/** The document that the fragments of each job are merged over, with the keys that suites of the original count on. */
export function baseConfig(facts: RunFacts): YamlMap {
  const { build } = facts;
  return map({
    branch: build.branch,
    expire: facts.expire,
    sha1: build.sha1,
    teuthology_branch: build.teuthologyBranch,
    teuthology_sha1: build.teuthologySha1,
    archive_upload: facts.archiveUpload,
    archive_upload_key: facts.archiveUploadKey,
    machine_type: facts.machineType,
    os_type: facts.osType,
    os_version: facts.osVersion,
    overrides: overrides(build),
    repo: build.repo,
    sleep_before_teardown: facts.sleepBeforeTeardown,
    suite: facts.suite,
    suite_repo: build.suiteRepo,
    suite_relpath: facts.suiteRelpath,
    suite_branch: build.suiteBranch,
    suite_sha1: build.suiteSha1,
    suite_path: facts.suitePath,
    tasks: [],
    kernel: build.kernel === null ? null : kernelStanza(build.kernel),
    name: facts.name,
    user: facts.user,
    timestamp: facts.timestamp,
    priority: facts.priority,
    seed: facts.seed,
    subset: facts.subset,
    email: facts.email,
    owner: facts.owner,
    rocketchat: facts.rocketchat === '' ? null : facts.rocketchat,
  });
}

function overrides(build: BuildUnderTest): YamlMap {
  const conf = map({
    mon: map({ 'debug mon': 5, 'debug ms': 1 }),
    mgr: map({ 'debug mgr': 10, 'debug ms': 1 }),
    osd: map({ 'debug ms': 1, 'debug osd': 5 }),
  });
  return map({
    admin_socket: map({ branch: build.branch }),
    ceph: map({ conf, flavor: build.flavor, 'log-ignorelist': [], sha1: build.sha1 }),
    install: map({ ceph: map({ sha1: build.sha1, flavor: build.flavor }) }),
    workunit: map({ branch: build.suiteBranch, sha1: build.suiteSha1 }),
  });
}

function kernelStanza(kernel: KernelChoice): YamlMap {
  return map({ branch: kernel.branch, kdb: kernel.kdb ? 1 : 0, sha1: kernel.sha1, flavor: kernel.flavor });
}

/** Only what has a value. */
function map(entries: Entries): YamlMap {
  return new Map(Object.entries(entries).filter(([, value]) => value !== null));
}
