/** What whoever deploys a lab may choose. Each is a key of the context: `npx cdk deploy -c name=ceph -c workTypes=smithi,mira`. */
export interface LabProps {
  readonly name: string; // of the lab: the stack is `loligo-NAME`
  readonly domain: DomainProps | null; // null = the names that AWS gives
  readonly privateReads: boolean; // true = reads need IAM too, and there is no CloudFront
  readonly vpc: JoinedVpc | null; // null = a small one of its own, public subnets only
  readonly workTypes: readonly string[]; // machine types that `loligo worker` serves, each with a queue
  readonly suiteBuckets: readonly string[]; // S3 buckets whose tarballs of suites the lab may read
  readonly operators: readonly string[]; // ARNs of IAM users and roles, `*` allowed, who may act for others
  readonly notifyFrom: string | null; // sender of results mails, verified in SES; null = they go to an SNS topic
  readonly alarmEmail: string | null; // who hears of alarms
  readonly monthlyBudget: number | null; // US dollars at which an alarm is mailed to `alarmEmail`
  readonly maxRunners: number; // jobs at once
  readonly spot: boolean; // runners prefer Fargate spot
  readonly ec2Pool: Ec2PoolProps | null; // runners on instances of our own, in the joined VPC
  readonly site: string | null; // the site's settings, YAML
}

interface DomainProps {
  readonly name: string; // of the archive: logs.example.org
  readonly certificateArn: string; // in us-east-1, for CloudFront
}

interface JoinedVpc {
  readonly id: string;
  readonly subnets: readonly string[];
  readonly zones: readonly string[];
  readonly publicIp: boolean; // whether runners need public addresses to get out
}

interface Ec2PoolProps {
  readonly instanceType: string;
  readonly most: number; // instances
}

/** A key of the context that cannot be used. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
  constructor(key: string, value: unknown, expected: string) {
    super(`context ${key}=${JSON.stringify(value)} cannot be used: expected ${expected}`);
  }
}

type Read = (key: string) => unknown;

/** The props as the context says them; throws ContextError for the first that is malformed. */
export function labProps(read: Read): LabProps {
  const ec2Pool = ec2PoolOf(read);
  const vpc = vpcOf(read);
  if (ec2Pool !== null && vpc === null)
    throw new ContextError(
      'ec2PoolInstanceType',
      ec2Pool.instanceType,
      'vpcId as well: tasks on instances have no public address',
    );
  return {
    name: word(read, 'name', /^[a-z][a-z0-9-]{0,29}$/, '1 to 30 of a-z, 0-9 and -') ?? 'lab',
    domain: domainOf(read),
    privateReads: yes(read, 'privateReads'),
    vpc,
    workTypes: words(read, 'workTypes', /^[A-Za-z0-9_-]{1,40}$/),
    suiteBuckets: words(read, 'suiteBuckets', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    operators: words(read, 'operators', /^arn:aws[\w-]*:(iam|sts)::[\w:/+=,.@*-]+$/),
    notifyFrom: word(read, 'notifyFrom', email, 'an address'),
    alarmEmail: word(read, 'alarmEmail', email, 'an address'),
    monthlyBudget: amount(read, 'monthlyBudget', 1_000_000),
    maxRunners: amount(read, 'maxRunners', 10_000) ?? 100,
    spot: yes(read, 'spot'),
    ec2Pool,
    site: word(read, 'site', /^[\s\S]{1,2000}$/, 'at most 2000 characters of YAML'),
  };
}

const email = /^[^\s@]+@[^\s@]+$/;

function domainOf(read: Read): LabProps['domain'] {
  const name = word(read, 'domain', /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a host name');
  if (name === null) return null;
  const arn = word(read, 'certificateArn', /^arn:aws[\w-]*:acm:us-east-1:/, 'a certificate of us-east-1');
  if (arn === null) throw new ContextError('domain', name, 'certificateArn as well');
  return { name, certificateArn: arn };
}

function vpcOf(read: Read): LabProps['vpc'] {
  const id = word(read, 'vpcId', /^vpc-[0-9a-f]+$/, 'vpc-…');
  if (id === null) return null;
  const subnets = words(read, 'subnetIds', /^subnet-[0-9a-f]+$/);
  const zones = words(read, 'zones', /^[a-z0-9-]+$/);
  if (subnets.length === 0 || zones.length !== subnets.length)
    throw new ContextError('vpcId', id, 'subnetIds and zones as well, one zone for each subnet');
  return { id, subnets, zones, publicIp: yes(read, 'publicIp') };
}

function ec2PoolOf(read: Read): LabProps['ec2Pool'] {
  const instanceType = word(read, 'ec2PoolInstanceType', /^[a-z0-9-]+\.[a-z0-9-]+$/, 'm7i.large or the like');
  return instanceType === null ? null : { instanceType, most: amount(read, 'ec2PoolMost', 1000) ?? 4 };
}

function word(read: Read, key: string, shape: RegExp, expected: string): string | null {
  const value = read(key);
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && shape.test(value)) return value;
  throw new ContextError(key, value, expected);
}

function words(read: Read, key: string, shape: RegExp): string[] {
  const value = read(key);
  if (value === undefined || value === null || value === '') return [];
  const list: unknown[] =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  return list.map((each) => {
    if (typeof each === 'string' && shape.test(each)) return each;
    throw new ContextError(key, value, `words like ${shape.source}, separated by commas`);
  });
}

function yes(read: Read, key: string): boolean {
  const value = read(key);
  if (value === undefined || value === null || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw new ContextError(key, value, 'true or false');
}

function amount(read: Read, key: string, most: number): number | null {
  const value = read(key);
  if (value === undefined || value === null || value === '') return null;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number;
  throw new ContextError(key, value, `a number from 1 to ${most}`);
}
