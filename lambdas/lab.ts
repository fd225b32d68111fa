import { homedir } from 'node:os';
import { z } from 'zod';
import { readAwsEnvironment } from '../adapters/aws/environment.ts';
import { awsLabPorts } from '../adapters/aws/ports.ts';
import type { AwsPorts } from '../adapters/aws/ports.ts';
import { readSiteSettings } from '../adapters/yaml/site-settings.ts';
import type { SiteConfig } from '../core/config/site-settings.ts';
import type { LabPorts } from '../core/operations/lab-ports.ts';
import { lambdaLog } from './lambda-log.ts';

const ours = z.object({
  LOLIGO_API_URL: z.url().optional(),
  LOLIGO_SUBMISSIONS_QUEUE_URL: z.url().optional(),
  LOLIGO_OPERATORS: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter((pattern) => pattern !== '')),
  LOLIGO_MAX_RUNNERS: z.coerce.number().int().min(1).default(100),
});

/** What a function stands on, made once for all calls of its process. */
export interface LambdaLab {
  readonly ports: LabPorts & AwsPorts;
  readonly site: SiteConfig;
  readonly url: string; // of the API
  readonly submissionsQueue: string | null; // null = this function submits nothing
  readonly operators: readonly string[]; // ARNs, `*` allowed
  readonly maxRunners: number;
}

let opened: Promise<LambdaLab> | null = null;

/** The lab of this process's surroundings. Throws AwsEnvironmentError and SiteSettingsError, at each call until they are mended. */
export async function openLab(): Promise<LambdaLab> {
  opened ??= open();
  try {
    return await opened;
  } catch (error) {
    opened = null;
    throw error;
  }
}

async function open(): Promise<LambdaLab> {
  const environment = readAwsEnvironment(process.env);
  const own = ours.parse(process.env);
  const { settings } = await readSiteSettings({ home: homedir(), environment: process.env });
  return {
    // Nodes on AWS are cleaned by who can reach them: a function is in no network of theirs.
    ports: awsLabPorts(environment, { log: lambdaLog(), providers: new Map() }),
    site: settings,
    url: own.LOLIGO_API_URL ?? '',
    submissionsQueue: own.LOLIGO_SUBMISSIONS_QUEUE_URL ?? null,
    operators: own.LOLIGO_OPERATORS,
    maxRunners: own.LOLIGO_MAX_RUNNERS,
  };
}
