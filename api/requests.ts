import { z } from '@hono/zod-openapi';
import { RunNameError, checkRunName } from '../core/operations/run-name.ts';
import type { JobRequest, SuiteRequest } from './ports.ts';

const text = z.string().min(1).max(1000);
const list = z.array(text).max(20_000);
const yamlText = z.string().max(4 * 1024 * 1024);
const priority = z.number().int().min(0).max(1_000_000);

/** The rule for run names is the core's; here it only becomes a finding about a field. */
const runName = z.string().superRefine((name, context) => {
  try {
    checkRunName(name);
  } catch (error) {
    if (!(error instanceof RunNameError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** `POST /v1/suites`. The names are those of the command line, with `_` for `-`. */
export const suiteRequestSchema = z
  .strictObject({
    suite: text.describe('Path of the suite below `suites/`, with `/` or `:`.'),
    suite_dir: text.describe('Folder that holds `suites/`, on the machine of the lab.'),
    machine_type: text.nullable().default(null).describe('Default: the one machine type that the lab has.'),
    name: runName.nullable().default(null).describe('Run name. Default: user-time-suite-…'),
    owner: text.nullable().default(null).describe('Another owner than the caller; operators only.'),
    priority: priority.default(1000).describe('Lower is sooner.'),
    subset: z
      .string()
      .regex(/^\d+\/\d+$/, 'a subset is M/N')
      .refine(isSubset, 'a subset M/N needs M < N')
      .nullable()
      .default(null),
    seed: z.number().int().nullable().default(null).describe('Negative or null: drawn.'),
    no_nested_subset: z.boolean().default(false),
    filters: z
      .strictObject({
        in: list.default([]),
        out: list.default([]),
        all: list.default([]),
        fragments: z.boolean().default(false).describe('Also match fragment paths and contents.'),
      })
      .default({ in: [], out: [], all: [], fragments: false }),
    limit: z.number().int().min(0).default(0).describe('0: all jobs.'),
    num: z.number().int().min(1).max(10_000).default(1).describe('Copies of each job.'),
    config_yaml: z.array(yamlText).max(100).default([]).describe('YAML documents merged over every job.'),
    email: text.nullable().default(null),
    sleep_before_teardown: z.number().int().min(0).default(0).describe('Seconds.'),
    distro: text.nullable().default(null).describe('os_type of every job, and a filter.'),
    distro_version: text.nullable().default(null),
    job_threshold: z.number().int().min(0).default(500).describe('Refuse more jobs than this; 0: any.'),
    force_priority: z.boolean().default(false),
    dry_run: z.boolean().default(false).describe('Expand only; nothing is queued.'),
  })
  .openapi('SuiteRequest');

/** `POST /v1/jobs`. */
export const jobRequestSchema = z
  .strictObject({
    yaml: yamlText.describe('The job, one YAML document.'),
    name: runName.nullable().default(null).describe('Run name. Default: made from owner and time.'),
    description: text.nullable().default(null),
    owner: text.nullable().default(null).describe('Another owner than the caller; operators only.'),
    machine_type: text.nullable().default(null),
    priority: priority.nullable().default(null).describe("Default: the job's own, else 1000."),
    num: z.number().int().min(1).max(10_000).default(1),
  })
  .openapi('JobRequest');

export const submitResultSchema = z
  .object({
    run: z.string(),
    url: z.string(),
    archive_url: z.string().nullable(),
    jobs: z.number().int(),
    dropped: z.number().int().describe('Jobs that filters took away.'),
    job_ids: z.array(z.number().int()),
    seed: z.number().int().nullable(),
    descriptions: z.array(z.string()).describe('Of a dry run: what would be queued.'),
  })
  .openapi('Submitted');

/** The request in the words of the ports. */
export function suiteRequest(body: z.output<typeof suiteRequestSchema>): SuiteRequest {
  return {
    suite: body.suite,
    suiteDir: body.suite_dir,
    machineType: body.machine_type,
    name: body.name,
    priority: body.priority,
    subset: body.subset,
    seed: body.seed !== null && body.seed >= 0 ? body.seed : null,
    noNestedSubset: body.no_nested_subset,
    filterIn: body.filters.in,
    filterOut: body.filters.out,
    filterAll: body.filters.all,
    filterFragments: body.filters.fragments,
    limit: body.limit,
    num: body.num,
    configYaml: body.config_yaml,
    email: body.email,
    sleepBeforeTeardown: body.sleep_before_teardown,
    distro: body.distro,
    distroVersion: body.distro_version,
    jobThreshold: body.job_threshold,
    forcePriority: body.force_priority,
    dryRun: body.dry_run,
  };
}

/** The request in the words of the ports. */
export function jobRequest(body: z.output<typeof jobRequestSchema>): JobRequest {
  return {
    yaml: body.yaml,
    name: body.name,
    description: body.description,
    machineType: body.machine_type,
    priority: body.priority,
    num: body.num,
  };
}

function isSubset(subset: string): boolean {
  const [index, of] = subset.split('/').map(BigInt);
  return index !== undefined && of !== undefined && index < of;
}
