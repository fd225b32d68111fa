import { z } from 'zod';

const text = z.string().min(1).optional();
const https = z.url({ protocol: /^https?$/ }).optional();
const words = z
  .string()
  .transform((value) => value.split(',').map((word) => word.trim()))
  .pipe(z.array(z.string().min(1)).min(1))
  .optional();

function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema)
    .optional();
}

const capacity = z.strictObject({
  capacityProvider: z.string().min(1), // FARGATE, FARGATE_SPOT, or one of the cluster's own
  weight: z.int().min(0).optional(),
  base: z.int().min(0).optional(),
});

/** Every variable that the code of a lab on AWS reads. A function or runner has those that it needs; see docs/aws.md. */
const schema = z.object({
  LOLIGO_NODES_TABLE: text,
  LOLIGO_RESULTS_TABLE: text,
  LOLIGO_ARCHIVE_BUCKET: text,
  LOLIGO_ARCHIVE_ROLE: text, // ARN of the role by which a runner reaches the archive; default: its own
  LOLIGO_ARCHIVE_URL: https, // where the archive is served to readers
  LOLIGO_WAKEUPS_QUEUE_URL: https,
  LOLIGO_SUBMISSIONS_QUEUE_URL: https,
  LOLIGO_EVENTS_QUEUE_URL: https,
  LOLIGO_WORK_QUEUE_URLS: json(z.record(z.string().min(1), z.url())), // {"smithi": "https://sqs..."}: types that workers serve
  LOLIGO_CLUSTER: text,
  LOLIGO_RUNNER_TASK: text, // family, family:revision or ARN
  LOLIGO_RUNNER_CONTAINER: text, // default: runner
  LOLIGO_RUNNER_SUBNETS: words, // separated by commas
  LOLIGO_RUNNER_SECURITY_GROUPS: words,
  LOLIGO_RUNNER_PUBLIC_IP: z.stringbool().optional(), // default: true, since there is no NAT gateway
  LOLIGO_RUNNER_CAPACITY: json(z.array(capacity).min(1).max(20)), // default: Fargate
  LOLIGO_SSH_KEY_SECRET: text, // name or ARN
  LOLIGO_NOTIFY_FROM: text, // mails go through SES, from this address
  LOLIGO_NOTIFY_TOPIC: text, // ARN of an SNS topic that mails are published to
  LOLIGO_API_URL: https,
  LOLIGO_SITE: text, // the site's settings, as YAML
  AWS_ENDPOINT_URL: https,
});

/** The surroundings of a process of a lab on AWS, by the names of their variables. */
export type AwsEnvironment = z.infer<typeof schema>;

/** A variable that cannot be used, or that is needed and not set. */
export class AwsEnvironmentError extends Error {
  override readonly name = 'AwsEnvironmentError';
  readonly variable: string;
  constructor(variable: string, problem: string, options?: ErrorOptions) {
    super(`the environment variable ${variable} ${problem}`, options);
    this.variable = variable;
  }
}

/** Reads the variables; an empty one is one that is not set. Throws AwsEnvironmentError for one that is malformed. */
export function readAwsEnvironment(env: Readonly<Record<string, string | undefined>>): AwsEnvironment {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const read = schema.safeParse(set);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const name = String(issue?.path[0]);
  throw new AwsEnvironmentError(
    name,
    `is '${env[name] ?? ''}', which cannot be used: ${issue?.message ?? ''}`,
  );
}

/** The value of a variable without which there is no going on. */
export function needed<Name extends keyof AwsEnvironment>(
  environment: AwsEnvironment,
  name: Name,
): NonNullable<AwsEnvironment[Name]> {
  const value = environment[name];
  if (value === undefined) throw new AwsEnvironmentError(name, 'is not set');
  return value as NonNullable<AwsEnvironment[Name]>;
}
