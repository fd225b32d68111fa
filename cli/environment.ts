import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readSiteSettings } from '../adapters/yaml/site-settings.ts';
import { readSuiteSettings } from '../adapters/yaml/suite-settings.ts';
import type { SiteConfig } from '../core/config/site-settings.ts';
import type { SuiteSettings } from '../core/config/suite-settings.ts';

const schema = z.object({
  LOLIGO_API: z.url().optional(),
  LOLIGO_TOKEN: z.string().min(1).optional(),
  LOLIGO_FOLDER: z.string().min(1).optional(),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
});

/** What the command line takes from its surroundings. */
export interface CliEnvironment {
  readonly api: string | null; // null = the lab of the folder
  readonly token: string | null; // null = the token file of the folder
  readonly folder: string;
  readonly region: string | null; // of AWS; null = that of a host name
}

/** Reads LOLIGO_API, LOLIGO_TOKEN and LOLIGO_FOLDER (default `~/.loligo`); a malformed one is refused by name. */
export function cliEnvironment(env: NodeJS.ProcessEnv = process.env): CliEnvironment {
  const read = schema.safeParse(env);
  if (!read.success) {
    const name = String(read.error.issues[0]?.path[0]);
    throw new EnvironmentError(name, env[name] ?? '');
  }
  return {
    api: read.data.LOLIGO_API?.replace(/\/+$/, '') ?? null,
    token: read.data.LOLIGO_TOKEN ?? null,
    folder: read.data.LOLIGO_FOLDER ?? join(homedir(), '.loligo'),
    region: read.data.AWS_REGION || read.data.AWS_DEFAULT_REGION || null,
  };
}

/** The settings of this site, from its file and the surroundings. Throws SiteSettingsError and YamlError. */
export async function siteSettings(): Promise<SiteConfig> {
  return (await readSiteSettings({ home: homedir(), environment: process.env })).settings;
}

/** What the site's settings say about suites. Throws SiteSettingsError and YamlError. */
export async function suiteSettings(): Promise<SuiteSettings> {
  return await readSuiteSettings({ home: homedir(), environment: process.env });
}

/** A variable that cannot be used. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  constructor(variable: string, value: string) {
    super(`the environment variable ${variable} is '${value}', which cannot be used`);
  }
}
