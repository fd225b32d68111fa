import type { SuiteSource } from '../../ports/suite-source.ts';
import { SuiteError } from '../errors.ts';
import type { Subset } from '../subset.ts';
import { combinationsOf } from './combinations.ts';
import type { Combination, Combinations } from './combinations.ts';
import { conflictPlaces, conflictSentence, findConflicts } from './conflicts.ts';
import type { Conflict } from './conflicts.ts';
import { fragmentsBelow, subsetFindings, unusedFragments } from './coverage.ts';
import type { Documents, LintDocument } from './documents.ts';
import type { LintedSuite, RawFinding } from './finding.ts';
import { roleWatcher } from './role-rules.ts';
import { sizeFindings } from './size-rules.ts';
import { readSuiteTree } from './suite-tree.ts';
import type { SuiteNode } from './suite-tree.ts';
import { findingIn } from './yaml-rules.ts';

interface SuiteRequest {
  readonly source: SuiteSource;
  readonly documents: Documents;
  readonly name: string;
  readonly subset: Subset | null;
  readonly jobLimit: number;
}

interface SuiteResult {
  readonly suite: LintedSuite;
  readonly documents: readonly LintDocument[];
  readonly moduleFiles: readonly string[];
  readonly findings: readonly RawFinding[];
  readonly limits: readonly string[];
}

/** What is wrong with one suite as a tree and in its combinations; what shows in single texts is left to others. */
export function lintSuite(request: SuiteRequest): SuiteResult {
  const parts = request.name.split(/[/:]/).filter((part) => part !== '');
  const path = ['suites', ...parts].join('/');
  const tree = readSuiteTree(request.source, path);
  const { root, moduleFiles } = tree;
  const limits = tree.complete ? [] : [`${path} has too many entries; the rest of it was not looked at`];
  const name = parts.join(':');
  if (root === null) {
    return {
      suite: { name, jobs: null, checkedJobs: 0 },
      documents: [],
      moduleFiles,
      findings: tree.findings,
      limits,
    };
  }
  const documents = [...new Set(fragmentsBelow(root).map((fragment) => request.documents.at(fragment.path)))];
  const sizes = sizeFindings(root);
  const treeFindings = [...tree.findings, ...sizes];
  const combined = combinationFindings({ request, path, name, root, documents, treeFindings });
  return {
    suite: combined.suite,
    documents,
    moduleFiles,
    findings: [...treeFindings, ...combined.findings],
    limits: [...limits, ...combined.limits],
  };
}

interface Whole {
  readonly request: SuiteRequest;
  readonly path: string;
  readonly name: string;
  readonly root: SuiteNode;
  readonly documents: readonly LintDocument[];
  readonly treeFindings: readonly RawFinding[];
}

type Combined = Pick<SuiteResult, 'suite' | 'findings' | 'limits'>;

function combinationFindings(whole: Whole): Combined {
  const { request, path, name } = whole;
  const nothing = { name, jobs: null, checkedJobs: 0 };
  // Without a subset nested ones are not asked, so a suite is looked at whatever is wrong with them.
  const harmless = new Set(request.subset === null ? nestedRules : []);
  const limits = [`${path}: its combinations were not looked at, since it cannot be expanded`];
  const unlooked = (...found: RawFinding[]): Combined => ({
    suite: nothing,
    findings: [...found, ...conflictFindings(whole, new Map())],
    limits,
  });
  if (whole.treeFindings.some(({ rule }) => fatalRules.has(rule) && !harmless.has(rule))) return unlooked();
  try {
    const combinations = combinationsOf({
      source: request.source,
      suite: path,
      name,
      subset: request.subset,
      limit: request.jobLimit,
    });
    return lookAtJobs(whole, combinations);
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    const file = error.file === '' ? path : error.file;
    if (whole.treeFindings.some((known) => known.file === file)) return unlooked();
    const finding: RawFinding = {
      rule: 'expansion-fails',
      file,
      line: null,
      sentence: error.message,
      related: [],
    };
    return unlooked(finding);
  }
}

const nestedRules: readonly RawFinding['rule'][] = [
  'bad-divisor',
  'nested-subset-too-large',
  'nested-subset-largest',
];
const fatalRules: ReadonlySet<RawFinding['rule']> = new Set([
  ...nestedRules,
  'broken-link',
  'link-loop',
  'empty-facet',
  'expansion-fails',
]);

function lookAtJobs(whole: Whole, combinations: Combinations): Combined {
  const { request, name, path, root } = whole;
  const conflicts = findConflicts(root, request.documents);
  const examples = exampleFinder(conflicts);
  const named = new Set(whole.documents.flatMap(({ facts }) => [...facts.strings]));
  const defined = new Set(whole.documents.flatMap(({ facts }) => [...facts.document.keys()]));
  const watcher = roleWatcher(request.documents, { named, defined });
  for (const job of combinations.jobs()) {
    watcher.look(job);
    examples.look(job);
  }
  const { subset, jobLimit: limit } = request;
  const gaps = subset === null || subset.of < 2 ? [] : subsetFindings({ root, combinations, subset, limit });
  const sampled = `${path}: ${combinations.looked} of ${combinations.part.size} jobs were looked at for roles, lists and examples`;
  const unlooked = `${path}: has too many jobs to tell which fragments the subset lacks`;
  return {
    suite: { name, jobs: String(combinations.part.size), checkedJobs: combinations.looked },
    findings: [
      ...unusedFragments(request.source, root),
      ...conflictFindings(whole, examples.found, conflicts),
      ...watcher.findings(),
      ...(gaps ?? []),
    ],
    limits: [
      ...(combinations.isSampled ? [sampled] : []),
      ...(gaps === null || (subset !== null && combinations.isSampled) ? [unlooked] : []),
    ],
  };
}

/** Remembers for each conflict the first job that has both its fragments. */
function exampleFinder(conflicts: readonly Conflict[]): {
  look(job: Combination): void;
  readonly found: Map<Conflict, string>;
} {
  const pending = new Set(conflicts);
  const found = new Map<Conflict, string>();
  return {
    found,
    look: (job) => {
      if (pending.size === 0) return;
      const paths = new Set(job.fragments.map(({ path }) => path));
      for (const conflict of pending) {
        const { left, right } = conflict;
        if (!paths.has(right.fragment) || (left.fragment !== '' && !paths.has(left.fragment))) continue;
        found.set(conflict, job.description);
        pending.delete(conflict);
      }
    },
  };
}

function conflictFindings(
  whole: Whole,
  examples: ReadonlyMap<Conflict, string>,
  conflicts: readonly Conflict[] = findConflicts(whole.root, whole.request.documents),
): RawFinding[] {
  return conflicts.map((conflict) => {
    const { document, fragment } = conflict.right;
    const line = document.survey?.lineOf(conflict.path.split('\0')) ?? null;
    const sentence = conflictSentence(conflict, examples.get(conflict) ?? null);
    const found = findingIn(document, {
      rule: 'merge-conflict',
      line,
      sentence,
      related: conflictPlaces(conflict),
    });
    return { ...found, file: fragment };
  });
}
