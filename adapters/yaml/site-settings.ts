import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { showValue } from '../../core/config/job-problem.ts';
import { usualRetention } from '../../core/results/retention.ts';
import { defaultSite } from '../../core/config/site-settings.ts';
import { fromPlain, toPlain } from '../../core/config/yaml-value.ts';
import type { OwnerQuota } from '../../core/scheduling/owner-quota.ts';
import { usualRules } from '../../core/scheduling/queue-rules.ts';
import { lineOf } from './positions.ts';
import { pyYaml } from './yaml.ts';
import type { SiteConfig } from '../../core/config/site-settings.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';

/** A settings file that cannot be used; the message has a line for each setting that is wrong. */
export class SiteSettingsError extends Error {
  override readonly name = 'SiteSettingsError';
  readonly file: string;
  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options);
    this.file = file;
  }
}

/** The settings of a site and the file they came from; null = there is none, and all have their defaults. */
export interface ReadSite {
  readonly settings: SiteConfig;
  readonly file: string | null;
}

const text = z.string({ error: 'must be text' });
const setText = text.min(1, { error: 'must not be empty' });
const perMinute = z
  .int({ error: 'must be a whole number of requests' })
  .min(0, { error: 'must not be negative; 0 is no limit' });
const machines = z
  .int({ error: 'must be a whole number of nodes' })
  .min(0, { error: 'must not be negative' });
const hourMs = 3_600_000;
const days = z.number({ error: 'must be a number of days' });
const seconds = z.number({ error: 'must be a number of seconds' });

/** Only what is read is checked: a settings file of the original has much that is not. */
const siteSchema = z.looseObject({
  test_path: setText.nullish(),
  test_user: setText.nullish(),
  lab_domain: text.nullish(),
  ceph_cm_ansible_git_url: setText.nullish(),
  ssh_key: setText.nullish(),
  verify_host_keys: z.boolean({ error: 'must be true or false' }).nullish(),
  default_machine_type: setText.nullish(),
  max_job_time: seconds.positive({ error: 'must be more than 0' }).nullish(),
  sleep_before_teardown: seconds.min(0, { error: 'must not be negative' }).nullish(),
  hold_hours: z
    .number({ error: 'must be a number of hours' })
    .min(0, { error: 'must not be negative' })
    .nullish(),
  results_server: text.nullish(),
  results_email: setText.nullish(),
  results_sending_email: setText.nullish(),
  results_timeout: seconds.positive({ error: 'must be more than 0' }).nullish(),
  smtp_url: z.url({ protocol: /^smtps?$/, error: 'must be an smtp or smtps URL' }).nullish(),
  retention_days: z
    .strictObject(
      { pass: days, fail: days, remotes: days, compress: days },
      { error: 'must be a map of pass, fail, remotes and compress to numbers of days' },
    )
    .partial()
    .nullish(),
  api_reads_per_minute: perMinute.nullish(),
  api_writes_per_minute: perMinute.nullish(),
  reserve_machines: machines.nullish(),
  owner_quota: z
    .union([machines, z.record(z.string(), machines)], {
      error: 'must be a number of nodes, or a map of `all` and machine types to numbers of nodes',
    })
    .nullish(),
  fair_share: z.boolean({ error: 'must be true or false' }).nullish(),
  patience_hours: z
    .number({ error: 'must be a number of hours' })
    .min(0, { error: 'must not be negative' })
    .nullish(),
});

/**
 * Reads the settings that LOLIGO_SITE holds, else the file that LOLIGO_CONFIG or TEUTHOLOGY_CONFIG names, else the first of `~/.loligo.yaml` and `~/.teuthology.yaml` that exists;
 * files are not merged. A key that is missing or null has its default; `~/` in paths is `home`. The agent is that of SSH_AUTH_SOCK.
 * Throws SiteSettingsError, or YamlError with the line.
 */
export async function readSiteSettings(params: {
  home: string;
  environment: Readonly<Record<string, string | undefined>>;
}): Promise<ReadSite> {
  const { settings, file } = await readSiteFile(params);
  return { settings: { ...settings, agentSocket: params.environment['SSH_AUTH_SOCK'] || null }, file };
}

async function readSiteFile(params: Parameters<typeof readSiteSettings>[0]): Promise<ReadSite> {
  const { LOLIGO_SITE: here, LOLIGO_CONFIG: ours, TEUTHOLOGY_CONFIG: theirs } = params.environment;
  if (here) return { settings: parseSite(here, 'LOLIGO_SITE', params.home), file: null };
  const asked = ours || theirs || null;
  const candidates =
    asked === null ? ['.loligo.yaml', '.teuthology.yaml'].map((name) => join(params.home, name)) : [asked];
  for (const file of candidates) {
    const content = await readText(file);
    if (content !== null) return { settings: parseSite(content, file, params.home), file };
  }
  if (asked !== null) throw new SiteSettingsError(asked, [`${asked}: no such settings file`]);
  return { settings: defaultSite, file: null };
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return null;
    throw new SiteSettingsError(
      file,
      [`${file}: ${error instanceof Error ? error.message : String(error)}`],
      { cause: error },
    );
  }
}

function parseSite(content: string, file: string, home: string): SiteConfig {
  const value = toPlain(pyYaml.parse(content, file)) ?? {};
  const parsed = siteSchema.safeParse(value);
  if (!parsed.success)
    throw new SiteSettingsError(
      file,
      parsed.error.issues.map((issue) => sentence(issue, { content, file, value })),
    );
  return toSite(parsed.data, home);
}

function sentence(
  issue: z.core.$ZodIssue,
  read: { content: string; file: string; value: PlainValue },
): string {
  const key = issue.path[0];
  if (key === undefined)
    return `${read.file}: settings must be a map of keys, found ${showValue(fromPlain(read.value))}`;
  const found = (read.value as { [key: string]: PlainValue })[String(key)] ?? null;
  const line = lineOf(read.content, [String(key)]) ?? 1;
  return `${read.file}:${line}: ${String(key)} ${issue.message}, found ${showValue(fromPlain(found))}`;
}

function toSite(file: z.infer<typeof siteSchema>, home: string): SiteConfig {
  return {
    testPath: file.test_path ?? defaultSite.testPath,
    labDomain: file.lab_domain ?? defaultSite.labDomain,
    cephCmAnsibleRepo: file.ceph_cm_ansible_git_url ?? defaultSite.cephCmAnsibleRepo,
    sshKey: file.ssh_key?.replace(/^~(?=\/)/, home) ?? defaultSite.sshKey,
    verifyHostKeys: file.verify_host_keys ?? defaultSite.verifyHostKeys,
    agentSocket: null,
    testUser: file.test_user ?? defaultSite.testUser,
    defaultMachineType: file.default_machine_type ?? defaultSite.defaultMachineType,
    maxJobSeconds: file.max_job_time ?? defaultSite.maxJobSeconds,
    sleepBeforeTeardownSeconds: file.sleep_before_teardown ?? defaultSite.sleepBeforeTeardownSeconds,
    holdHours: file.hold_hours ?? defaultSite.holdHours,
    retention: file.retention_days ? { ...usualRetention, ...given(file.retention_days) } : null,
    resultsServer: file.results_server || defaultSite.resultsServer,
    mail: {
      smtpUrl: file.smtp_url ?? defaultSite.mail.smtpUrl,
      from: senderOf(file.results_sending_email) ?? defaultSite.mail.from,
      to: file.results_email ?? defaultSite.mail.to,
      timeoutSeconds: file.results_timeout ?? defaultSite.mail.timeoutSeconds,
    },
    apiLimits: {
      readsPerMinute: file.api_reads_per_minute ?? defaultSite.apiLimits.readsPerMinute,
      writesPerMinute: file.api_writes_per_minute ?? defaultSite.apiLimits.writesPerMinute,
    },
    queueRules: {
      reserveMachines: file.reserve_machines ?? usualRules.reserveMachines,
      quota: toQuota(file.owner_quota ?? null),
      fairShare: file.fair_share ?? usualRules.fairShare,
      patienceMs: (file.patience_hours ?? usualRules.patienceMs / hourMs) * hourMs,
    },
  };
}

/** A number is for all nodes of an owner, whatever their type. */
function toQuota(given: number | Readonly<Record<string, number>> | null): OwnerQuota | null {
  if (given === null) return null;
  if (typeof given === 'number') return { all: given, byType: new Map() };
  const { all = null, ...types } = given;
  return { all, byType: new Map(Object.entries(types)) };
}

/** What a map has, without the keys that only say that they are not there. */
function given<T extends object>(map: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as never;
}

/** The original's sender is a bare login. */
function senderOf(sender: string | null | undefined): string | null {
  if (sender === null || sender === undefined) return null;
  return sender.includes('@') ? sender : `${sender}@localhost`;
}
