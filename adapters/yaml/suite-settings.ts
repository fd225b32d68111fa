import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { defaultSuiteSettings } from '../../core/config/suite-settings.ts';
import type { SuiteSettings } from '../../core/config/suite-settings.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { SiteSettingsError, readSiteSettings } from './site-settings.ts';
import { pyYaml } from './yaml.ts';

const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).nullish();
const flag = z.boolean({ error: 'must be true or false' }).nullish();

const schema = z.looseObject({
  ceph_git_url: text,
  ceph_qa_suite_git_url: text,
  teuthology_git_url: text,
  teuthology_branch: text,
  package_index_url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).nullish(),
  suite_verify_ceph_hash: flag,
  suite_allow_missing_packages: flag,
  job_threshold: z
    .int({ error: 'must be a whole number' })
    .min(0, { error: 'must not be negative' })
    .nullish(),
  archive_upload: text,
  archive_upload_key: text,
});

/** Reads what a site's settings file says about suites; the file is the one that `readSiteSettings` takes. Throws SiteSettingsError and YamlError. */
export async function readSuiteSettings(
  params: Parameters<typeof readSiteSettings>[0],
): Promise<SuiteSettings> {
  const { file } = await readSiteSettings(params);
  if (file === null) return defaultSuiteSettings;
  const parsed = schema.safeParse(toPlain(pyYaml.parse(await readFile(file, 'utf8'), file)) ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${file}: ${issue.path.join('.')} ${issue.message}`);
    throw new SiteSettingsError(file, problems);
  }
  const { data } = parsed;
  return {
    cephRepo: data.ceph_git_url ?? null,
    suiteRepo: data.ceph_qa_suite_git_url ?? null,
    teuthologyRepo: data.teuthology_git_url ?? null,
    teuthologyBranch: data.teuthology_branch ?? null,
    packageIndexUrl: data.package_index_url ?? null,
    verifyCephHash: data.suite_verify_ceph_hash ?? defaultSuiteSettings.verifyCephHash,
    allowMissingPackages: data.suite_allow_missing_packages ?? defaultSuiteSettings.allowMissingPackages,
    jobThreshold: data.job_threshold ?? defaultSuiteSettings.jobThreshold,
    archiveUpload: data.archive_upload ?? null,
    archiveUploadKey: data.archive_upload_key ?? null,
  };
}
