import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitCommits } from '../adapters/git/commits.ts';
import { openSuiteSource } from '../adapters/git/open-suite-source.ts';
import { shamanIndex } from '../adapters/http/package-index.ts';
import { s3Tarballs } from '../adapters/aws/s3-tarball.ts';
import { luaMergeScripts } from '../adapters/lua/merge-scripts.ts';
import { readJobText } from '../adapters/yaml/job-files.ts';
import { readSuiteSettings } from '../adapters/yaml/suite-settings.ts';
import { pyYaml } from '../adapters/yaml/yaml.ts';
import { ProblemError } from '../api/problem.ts';
import type { SubmitPorts } from '../api/lab-submit.ts';
import type { OpenedSource, SourceWish } from '../core/operations/prepare-suite.ts';
import type { LambdaLab } from './lab.ts';

/**
 * How a lab on AWS reads what is submitted. A function has no git and no folders of its own: suites come as tarballs, by HTTPS or
 * from a bucket that the function may read.
 */
export function submitPorts(
  { ports, site }: LambdaLab,
  environment: Readonly<Record<string, string | undefined>>,
): SubmitPorts {
  return {
    ...ports,
    ...site,
    desk: { ...ports, mail: site.mail },
    yaml: pyYaml,
    scripts: luaMergeScripts(),
    random: Math.random,
    suiteSettings: async () => await readSuiteSettings({ home: homedir(), environment }),
    openSource: (wish) => openSource(wish, { forcePathStyle: environment['AWS_ENDPOINT_URL'] !== undefined }),
    readJob: (text) => readJobText(text).config,
    commits: gitCommits(),
    packageIndex: (url) => shamanIndex({ url }),
  };
}

async function openSource(
  { suiteDir, suiteRepo, suiteRelpath }: SourceWish,
  { forcePathStyle }: { forcePathStyle: boolean },
): Promise<OpenedSource> {
  const location = suiteDir ?? suiteRepo ?? '';
  if (!/^(https?|s3):\/\/.*(\.tgz|\.tar(\.gz)?)$/.test(location))
    throw new ProblemError(
      422,
      `'${location}' is no tarball: a lab on AWS takes suites as https://… or s3://… that ends in .tar.gz`,
    );
  const relpath = suiteRelpath ?? '';
  const { source } = await openSuiteSource({
    location,
    ref: null,
    relpath,
    cacheFolder: join(tmpdir(), 'suites'),
    fetchers: { s3: async (url, signal) => await s3Tarballs({ forcePathStyle })(url, signal) },
  });
  return { source, relpath, suitePath: location }; // runners fetch it themselves
}
