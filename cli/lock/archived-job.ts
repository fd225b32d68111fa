import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { YamlMap } from '../../core/config/yaml-value.ts';
import { InputError } from '../client/failure.ts';

/** What the archive folder of a job says about who it was. */
export interface ArchivedJob {
  readonly run: string | null;
  readonly jobId: string | null;
  readonly targetsFile: string; // a file with its `targets`
}

/** Reads the folder `RUN/JOB` of an archive. Throws InputError when it has no configuration of a job. */
export async function archivedJob(folder: string): Promise<ArchivedJob> {
  const targetsFile = join(folder, 'orig.config.yaml');
  const config = await yamlMap(targetsFile);
  if (config === null)
    throw new InputError(`${folder} is no archive folder of a job: it has no orig.config.yaml`);
  const info = (await yamlMap(join(folder, 'info.yaml'))) ?? config;
  return {
    run: textOf(info, 'name'),
    jobId: textOf(info, 'job_id') ?? textOf(config, 'job_id'),
    targetsFile,
  };
}

async function yamlMap(file: string): Promise<YamlMap | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  const value = text === null ? null : pyYaml.parse(text, file);
  return isYamlMap(value) ? value : null;
}

function textOf(map: YamlMap, key: string): string | null {
  const value = map.get(key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
