import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { synthesize } from '../test/fixtures/assembly.ts';
import { ContextError, labProps } from './lab-props.ts';

const props = (context: Readonly<Record<string, unknown>>) => labProps((key) => context[key]);
const vpc = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
  zones: 'eu-west-1a,eu-west-1b',
};
const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/a';

test('without a context there is a lab of its own, open to read', () => {
  expect(props({})).toMatchObject({
    name: 'lab',
    domain: null,
    privateReads: false,
    vpc: null,
    maxRunners: 100,
    spot: false,
    ec2Pool: null,
    suiteBuckets: [],
  });
});

test('words of a command line and values of cdk.json mean the same', () => {
  expect(props({ privateReads: 'true', maxRunners: '7', workTypes: 'smithi,mira' })).toEqual(
    props({ privateReads: true, maxRunners: 7, workTypes: ['smithi', 'mira'] }),
  );
});

test.each([
  [{ name: 'Lab' }, 'context name="Lab" cannot be used: expected 1 to 30 of a-z, 0-9 and -'],
  [{ privateReads: 'yes' }, 'context privateReads="yes" cannot be used: expected true or false'],
  [{ maxRunners: '0' }, 'context maxRunners="0" cannot be used: expected a number from 1 to 10000'],
  [{ domain: 'logs.example.org' }, 'expected certificateArn as well'],
  [{ domain: 'logs.example.org', certificateArn: 'arn:aws:acm:eu-west-1:1:c' }, 'a certificate of us-east-1'],
  [{ ...vpc, zones: 'eu-west-1a' }, 'one zone for each subnet'],
  [{ ec2PoolInstanceType: 'm7i.large' }, 'expected vpcId as well'],
  [{ operators: 'admin' }, 'context operators="admin" cannot be used'],
  [{ suiteBuckets: 'UPPER' }, 'context suiteBuckets="UPPER" cannot be used'],
])('the context %j is refused by name', (context, sentence) => {
  expect(() => props(context)).toThrow(ContextError);
  expect(() => props(context)).toThrow(sentence);
});

/** The resources of each type in a lab of a context; the checks of cdk-nag are part of the synthesis. */
async function resourcesOf(context: Readonly<Record<string, unknown>>) {
  const folder = mkdtempSync(join(tmpdir(), 'context-'));
  try {
    const { template } = await synthesize({ folder, context, bundle: false });
    const found = Object.values(template.Resources);
    return (type: string) =>
      found.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a synthesized lab', () => {
  test('with private reads, in a VPC to join, on instances and with workers', async () => {
    const of = await resourcesOf({
      ...vpc,
      privateReads: 'true',
      ec2PoolInstanceType: 'm7i.large',
      workTypes: 'smithi',
    });
    expect(of('AWS::CloudFront::Distribution')).toEqual([]);
    expect(of('AWS::EC2::VPC')).toEqual([]);
    expect(of('AWS::AutoScaling::AutoScalingGroup')).toHaveLength(1);
    expect(of('AWS::SQS::Queue')).toHaveLength(8);
    const open = of('AWS::ApiGatewayV2::Route').filter(
      ({ AuthorizationType }) => AuthorizationType !== 'AWS_IAM',
    );
    for (const { RouteKey } of open) expect(RouteKey).toContain('/v1/workers/');
  });

  test('with spot, a domain, a budget, mails and buckets of suites', async () => {
    const of = await resourcesOf({
      spot: 'true',
      domain: 'logs.example.org',
      certificateArn,
      monthlyBudget: '50',
      alarmEmail: 'ops@example.org',
      notifyFrom: 'lab@example.org',
      suiteBuckets: 'our-suites',
    });
    const [distribution] = of('AWS::CloudFront::Distribution');
    expect(distribution).toMatchObject({ DistributionConfig: { Aliases: ['logs.example.org'] } });
    expect(of('AWS::Budgets::Budget')).toHaveLength(1);
    expect(of('AWS::SES::EmailIdentity')).toHaveLength(1);
    expect(JSON.stringify(of('AWS::Lambda::Function'))).toContain('FARGATE_SPOT');
    expect(JSON.stringify(of('AWS::IAM::Policy'))).toContain(':s3:::our-suites/*');
  });
});
