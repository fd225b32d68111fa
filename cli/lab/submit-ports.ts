import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gitCommits } from '../../adapters/git/commits.ts';
import { shamanIndex } from '../../adapters/http/package-index.ts';
import { readJobText } from '../../adapters/yaml/job-files.ts';
import type { SubmitPorts } from '../../api/lab-submit.ts';
import type { OpenedSource, SourceWish } from '../../core/operations/prepare-suite.ts';
import { SuiteOrderError } from '../../core/operations/suite-order.ts';
import { openLocation } from '../client/open-location.ts';

/** How an embedded lab reads what is submitted: suites from folders of this machine or from git, kept in the lab's folder. */
export function localSources(
  folder: string,
): Pick<SubmitPorts, 'openSource' | 'readJob' | 'commits' | 'packageIndex'> {
  return {
    openSource: async (wish, { dryRun }) => await openSource(wish, { folder, dryRun }),
    readJob: (text) => readJobText(text).config,
    commits: gitCommits(),
    packageIndex: (url) => shamanIndex({ url }),
  };
}

/** A folder is read as it is; `qa` is where Ceph keeps its suites. A dry run makes no checkout. */
async function openSource(
  wish: SourceWish,
  { folder, dryRun }: { folder: string; dryRun: boolean },
): Promise<OpenedSource> {
  const { suiteDir, suiteRepo } = wish;
  if (suiteDir === null && suiteRepo === null)
    throw new SuiteOrderError(
      'where are the suites? the request names neither a folder (suite_dir) nor a repository (suite_repo)',
    );
  const usual = suiteDir === null || existsSync(join(suiteDir, 'qa', 'suites')) ? 'qa' : '';
  const relpath = wish.suiteRelpath ?? usual;
  const location = suiteDir ?? suiteRepo ?? '';
  const ref = suiteDir === null ? (wish.suiteSha1 ?? wish.suiteBranch) : null;
  const { source, suitePath } = await openLocation({ location, ref, relpath, folder });
  return { source, relpath, suitePath: dryRun && suiteDir === null ? null : await suitePath() };
}
