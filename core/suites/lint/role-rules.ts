import { parseRole } from '../../config/roles.ts';
import type { Combination } from './combinations.ts';
import type { Documents, LintDocument } from './documents.ts';
import { related } from './finding.ts';
import type { RawFinding } from './finding.ts';
import type { RoleUse } from './role-uses.ts';
import { findingIn } from './yaml-rules.ts';

/** Looks at jobs one by one and remembers, for each mistake, the first job that shows it and how many do. */
export interface JobWatcher {
  look(job: Combination): void;
  findings(): RawFinding[];
}

interface Miss {
  readonly document: LintDocument;
  readonly rule: RawFinding['rule'];
  readonly line: number | null;
  readonly what: string;
  readonly job: string; // the first
  readonly cluster: readonly string[]; // the fragments that say which roles there are
  jobs: number;
}

/**
 * Watches for roles that a task of the job names and the job does not have, roles that it has twice, and lists that another fragment should
 * define. Jobs with scripts are left alone, since a script may add what is missing.
 */
export function roleWatcher(documents: Documents, names: Names): JobWatcher {
  const watch: Watch = {
    documents,
    ...names,
    misses: new Map(),
    clusters: new Map(),
    missing: new Map(),
    seen: 0,
  };
  return {
    look: (job) => lookAt(watch, job),
    findings: () => [...watch.misses.values()].map((miss) => findingOf(miss, watch.seen)),
  };
}

/** What the fragments of a suite call each other. */
interface Names {
  readonly named: ReadonlySet<string>; // texts that may name a list
  readonly defined: ReadonlySet<unknown>; // top-level keys
}

interface Watch extends Names {
  readonly documents: Documents;
  readonly misses: Map<string, Miss>;
  readonly clusters: Map<string, Cluster>;
  readonly missing: Map<LintDocument, Map<Cluster, readonly RoleUse[]>>;
  seen: number;
}

/** The hosts of a job, which many jobs share. */
interface Cluster {
  readonly paths: readonly string[];
  readonly roles: ReadonlySet<string>; // in full
  readonly repeated: readonly string[]; // across fragments
}

function lookAt(watch: Watch, job: Combination): void {
  watch.seen += 1;
  const documents = job.fragments.map(({ path }) => watch.documents.at(path));
  if (documents.some(({ facts }) => facts.isScripted)) return;
  const cluster = clusterOf(watch, job, documents);
  const last = documents.findLast(({ facts }) => facts.roles.length > 0);
  for (const role of cluster.repeated) {
    if (last === undefined) break;
    const what = `the role '${role}' is on two hosts`;
    miss(watch, { document: last, rule: 'repeated-role', path: ['roles'], what, job, cluster });
  }
  for (const document of documents) {
    for (const use of missingRoles(watch, document, cluster)) {
      const what = `the task '${use.task}' names the role '${use.role}', which no host has`;
      miss(watch, { document, rule: 'missing-role', path: use.path, what, job, cluster });
    }
  }
  missingNames(watch, { documents, job, cluster });
}

function clusterOf(watch: Watch, job: Combination, documents: readonly LintDocument[]): Cluster {
  const holders = documents.filter(({ facts }) => facts.roles.length > 0);
  const key = holders.map((document) => document.paths[0]).join('\n');
  const known = watch.clusters.get(key);
  if (known !== undefined) return known;
  const counts = new Map<string, number>();
  for (const { facts } of holders) {
    for (const role of new Set(facts.roles))
      counts.set(fullName(role), (counts.get(fullName(role)) ?? 0) + 1);
  }
  const paths = job.fragments
    .filter(({ path }) => holders.includes(watch.documents.at(path)))
    .map(({ path }) => path);
  const repeated = [...counts].filter(([, count]) => count > 1).map(([role]) => role);
  const cluster = { paths, roles: new Set(counts.keys()), repeated };
  watch.clusters.set(key, cluster);
  return cluster;
}

function fullName(role: string): string {
  const parsed = parseRole(role);
  return parsed === null ? role : `${parsed.cluster}.${parsed.type}.${parsed.id}`;
}

function missingRoles(watch: Watch, document: LintDocument, cluster: Cluster): readonly RoleUse[] {
  if (document.facts.uses.length === 0) return [];
  let known = watch.missing.get(document);
  if (known === undefined) watch.missing.set(document, (known = new Map()));
  let missing = known.get(cluster);
  if (missing === undefined) {
    missing = document.facts.uses.filter(
      ({ role, path }) =>
        (path[0] === 'tasks' || watch.named.has(String(path[0]))) && !cluster.roles.has(fullName(role)),
    );
    known.set(cluster, missing);
  }
  return missing;
}

function missingNames(
  watch: Watch,
  params: { documents: readonly LintDocument[]; job: Combination; cluster: Cluster },
): void {
  for (const document of params.documents) {
    for (const { name: section, entries } of document.facts.sections) {
      if (section !== 'tasks' && !watch.named.has(section)) continue;
      for (const { entry, path } of entries) {
        if (typeof entry !== 'string' || !watch.defined.has(entry)) continue; // what no fragment defines is told elsewhere
        if (params.documents.some(({ facts }) => facts.document.has(entry))) continue;
        const what = `'${entry}' is defined by no fragment of the job`;
        miss(watch, { ...params, document, rule: 'undefined-name', path, what });
      }
    }
  }
}

function miss(
  watch: Watch,
  params: Pick<Miss, 'document' | 'rule' | 'what'> & {
    path: RoleUse['path'];
    job: Combination;
    cluster: Cluster;
  },
): void {
  const { document, rule, what } = params;
  const key = [document.paths[0], rule, what].join('\n');
  const before = watch.misses.get(key);
  if (before !== undefined) {
    before.jobs += 1;
    return;
  }
  const line = document.survey?.lineOf(params.path) ?? null;
  watch.misses.set(key, {
    document,
    rule,
    line,
    what,
    job: params.job.description,
    cluster: params.cluster.paths,
    jobs: 1,
  });
}

function findingOf(miss: Miss, seen: number): RawFinding {
  const count = miss.jobs === 1 ? 'one' : String(miss.jobs);
  const where = miss.cluster.length === 0 && miss.rule === 'missing-role' ? ', as the job has no roles' : '';
  const sentence = `${miss.what}${where}; so in ${count} of ${seen} jobs looked at, the first is ${miss.job}`;
  const places = miss.cluster.slice(0, 3).map((path) => related(path, 'roles are given here'));
  return findingIn(miss.document, { rule: miss.rule, line: miss.line, sentence, related: places });
}
