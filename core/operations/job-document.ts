import { jobRequirements, roleWishes } from '../config/job-requirements.ts';
import type { YamlMap, YamlValue } from '../config/yaml-value.ts';
import { machineTypes } from '../locks/match.ts';
import type { RoleWish } from '../locks/match.ts';
import type { NewJob, RunRecord } from '../ports/job-store.ts';
import type { YamlCodec } from '../ports/yaml-codec.ts';
import { expireText, expiryOf } from './expire-time.ts';
import { loginOf, timestamp } from './run-name.ts';

export interface JobToQueue {
  readonly run: Pick<RunRecord, 'name' | 'owner' | 'submittedAt'>;
  readonly config: YamlMap;
  readonly description: string;
  readonly machineType: string; // for a config that names none
  readonly priority: number;
  readonly maxSeconds: number; // for a config that names no deadline
}

/**
 * The queue record of a job, without its key. The stored YAML has what the lab knows about the job written into it; those keys
 * are the lab's word and replace whatever the config says. Targets are dropped: the lab gives the nodes. Throws ExpireTimeError and RequirementError.
 */
export function submittedJob(yaml: YamlCodec, job: JobToQueue): Omit<NewJob, 'key'> {
  const wishes = jobRequirements(job.config);
  const own = roleWishes(wishes, job.machineType);
  return {
    description: job.description,
    machineType: own === null ? (wishes.machineType ?? job.machineType) : typesOf(own),
    nodeCount: Array.isArray(job.config.get('roles')) ? wishes.nodeCount : 0,
    osType: wishes.osType,
    osVersion: wishes.osVersion,
    arch: wishes.arch,
    roleWishes: own,
    priority: job.priority,
    maxSeconds: deadlineOf(job.config) ?? job.maxSeconds,
    expiresAt: expiryOf(job.config, job.run.submittedAt),
    config: yaml.print(queuedDocument(job)),
  };
}

/** Every machine type that one of the nodes may be of. */
function typesOf(wishes: readonly RoleWish[]): string {
  return [...new Set(wishes.flatMap((wish) => machineTypes(wish.machineType)))].join(',');
}

/** The job as it is stored and as its runner reads it. Throws ExpireTimeError and RequirementError. */
export function queuedDocument(job: Omit<JobToQueue, 'maxSeconds'>): YamlMap {
  const document = new Map(job.config);
  document.delete('targets');
  document.delete('machine-type');
  const known: Record<string, YamlValue> = {
    description: job.description,
    machine_type: jobRequirements(job.config).machineType ?? job.machineType,
    name: job.run.name,
    owner: job.run.owner,
    user: loginOf(job.run.owner),
    priority: job.priority,
    timestamp: timestamp(job.run.submittedAt),
  };
  for (const [key, value] of Object.entries(known)) document.set(key, value);
  const expiresAt = expiryOf(job.config, job.run.submittedAt);
  if (expiresAt !== null) document.set('expire', expireText(expiresAt));
  return document;
}

function deadlineOf(config: YamlMap): number | null {
  const seconds = config.get('max_job_time');
  return typeof seconds === 'number' && seconds > 0 ? seconds : null;
}
