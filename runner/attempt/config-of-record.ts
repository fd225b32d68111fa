import type { YamlMap } from '../../core/config/yaml-value.ts';
import { isYamlMap } from '../../core/config/yaml-value.ts';
import type { Node } from '../../core/locks/node.ts';
import type { JobRecord } from '../../core/ports/job-store.ts';
import type { YamlCodec } from '../../core/ports/yaml-codec.ts';
import { nodeTargets } from './node-targets.ts';

/** The configuration of a job as it is run: what was queued, with its id, its nodes and its place in the archive. */
export function configOfRecord(
  yaml: YamlCodec,
  params: { record: JobRecord; nodes: readonly Node[]; archivePath: string },
): YamlMap {
  const { record } = params;
  const queued = yaml.parse(record.config, `${record.run}/${record.jobId}`);
  if (!isYamlMap(queued))
    throw new Error(`the configuration of job ${record.run}/${record.jobId} is not a map`);
  const config = new Map(queued);
  config.set('job_id', String(record.jobId));
  config.set('archive_path', params.archivePath);
  if (params.nodes.length > 0) config.set('targets', nodeTargets(params.nodes));
  return config;
}
