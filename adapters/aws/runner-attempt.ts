import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { Node } from '../../core/locks/node.ts';
import type { AttemptRef, JobStore } from '../../core/ports/job-store.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import { attemptVariable } from './ecs-launcher.ts';
import { AwsEnvironmentError } from './environment.ts';

const attemptSchema = z.strictObject({
  run: z.string().min(1),
  jobId: z.int(),
  fence: z.int(),
});

/** The attempt that the launcher gave to this task. */
export function assignedAttempt(env: Readonly<Record<string, string | undefined>>): AttemptRef {
  const text = env[attemptVariable] ?? '';
  try {
    return attemptSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AwsEnvironmentError(attemptVariable, `is '${text}', which is no attempt`, { cause });
  }
}

/** What a launcher on the same machine would have handed over, read in the tables; null when the attempt is over. */
export async function attemptOf(
  ports: { readonly jobs: Pick<JobStore, 'getJob'>; readonly nodes: Pick<NodeStore, 'get'> },
  attempt: AttemptRef,
): Promise<{ attempt: AttemptRef; attemptNumber: number; nodes: Node[] } | null> {
  const job = await ports.jobs.getJob(attempt.run, attempt.jobId);
  if (job?.fence !== attempt.fence) return null;
  const nodes = await Promise.all(job.nodes.map((name) => ports.nodes.get(name)));
  return { attempt, attemptNumber: job.attempt, nodes: nodes.filter((node) => node !== null) };
}

/** The ARN of the task that this process runs in, as its container is told by ECS: the name under which the launcher finds it. */
export async function ownTask(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const variable = 'ECS_CONTAINER_METADATA_URI_V4';
  const url = env[variable];
  if (url === undefined || url === '')
    throw new AwsEnvironmentError(variable, 'is not set: ECS sets it in a task');
  const response = await fetch(`${url}/task`, { signal: AbortSignal.timeout(10_000) });
  return z.object({ TaskARN: z.string().min(1) }).parse(await response.json()).TaskARN;
}

/** The lab's private SSH key, which the secret holds as text. */
export async function sshKeyOf(client: SecretsManagerClient, secret: string): Promise<string> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
  if (SecretString === undefined || SecretString.trim() === '')
    throw new Error(`the secret '${secret}' holds no text: put the lab's private SSH key into it`);
  return `${SecretString.trimEnd()}\n`;
}
