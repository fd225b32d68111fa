import { describe, expect, test } from 'vitest';
import { nodesTable, resultsTable } from '../adapters/aws/table-shapes.ts';
import type { TableShape } from '../adapters/aws/table-shapes.ts';
import { testAssembly } from '../test/fixtures/assembly.ts';

const { template } = testAssembly();

// What a template holds is looked into as it comes.
// oxlint-disable-next-line typescript/no-explicit-any
type Props = Record<string, any>;

interface Named {
  readonly id: string;
  readonly props: Props;
}

function all(type: string): Named[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties = {} }]) => ({ id, props: Properties as Props }));
}

function one(type: string, id: RegExp): Props {
  const found = all(type).filter((each) => id.test(each.id));
  expect(found.map((each) => each.id)).toHaveLength(1);
  return found[0]!.props;
}

describe('tables', () => {
  test.each([
    ['TablesNodes', nodesTable],
    ['TablesResults', resultsTable],
  ])('%s has the shape that the stores are written for', (id, shape: TableShape) => {
    const table = one('AWS::DynamoDB::Table', new RegExp(`^${id}`));
    const keys = (schema: { AttributeName: string; KeyType: string }[]) =>
      schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`);
    expect(keys(table['KeySchema'])).toEqual([`HASH ${shape.partitionKey}`, `RANGE ${shape.sortKey}`]);
    const indexes = (table['GlobalSecondaryIndexes'] ?? []).map((index: Props) => ({
      name: index['IndexName'],
      keys: keys(index['KeySchema']),
      include: index['Projection'].NonKeyAttributes ?? [],
      type: index['Projection'].ProjectionType,
    }));
    expect(indexes).toEqual(
      shape.indexes.map(({ name, partitionKey, sortKey, include }) => ({
        name,
        keys: [`HASH ${partitionKey}`, `RANGE ${sortKey}`],
        include,
        type: include.length > 0 ? 'INCLUDE' : 'KEYS_ONLY',
      })),
    );
  });

  test('can be restored, and cannot be deleted by mistake', () => {
    for (const { props } of all('AWS::DynamoDB::Table')) {
      expect(props['PointInTimeRecoverySpecification']).toMatchObject({ PointInTimeRecoveryEnabled: true });
      expect(props['DeletionProtectionEnabled']).toBe(true);
      expect(props['BillingMode']).toBe('PAY_PER_REQUEST');
    }
    const { props } = all('AWS::DynamoDB::Table').find(({ id }) => id.startsWith('TablesResults'))!;
    expect(props['TimeToLiveSpecification']).toEqual({ AttributeName: 'goneAt', Enabled: true });
  });
});

describe('queues', () => {
  const queues = all('AWS::SQS::Queue');
  const dead = queues.filter(({ id }) => id.includes('DeadLetters'));

  test('each has a dead-letter queue of its own, and both are watched', () => {
    const alarms = JSON.stringify(all('AWS::CloudWatch::Alarm'));
    for (const { id, props } of queues.filter((each) => !dead.includes(each))) {
      expect(props['RedrivePolicy'].maxReceiveCount).toBe(5);
      expect(alarms).toContain(`"Fn::GetAtt":["${id}","QueueName"]`);
    }
    for (const { id } of dead) expect(alarms).toContain(`"Fn::GetAtt":["${id}","QueueName"]`);
    expect(dead).toHaveLength(3);
  });

  test('hide a message for six times as long as its function may take', () => {
    const mappings = all('AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(3);
    for (const { props } of mappings) {
      const queue = template.Resources[props['EventSourceArn']['Fn::GetAtt'][0]]!;
      const called = template.Resources[props['FunctionName'].Ref]!;
      expect(queue.Properties?.['VisibilityTimeout']).toBe(6 * Number(called.Properties?.['Timeout']));
      expect(props['FunctionResponseTypes']).toEqual(['ReportBatchItemFailures']);
    }
  });
});

describe('the API', () => {
  test('asks whoever writes for an IAM identity, workers excepted', () => {
    const routes = all('AWS::ApiGatewayV2::Route').map(({ props }) => ({
      key: String(props['RouteKey']),
      auth: props['AuthorizationType'],
    }));
    const open = routes.filter(({ auth }) => auth !== 'AWS_IAM').map(({ key }) => key);
    expect(open.filter((key) => !/^(GET|HEAD) /.test(key))).toEqual([
      'POST /v1/workers/{proxy+}',
      'PUT /v1/workers/{proxy+}',
    ]);
    expect(routes.filter(({ auth }) => auth === 'AWS_IAM').map(({ key }) => key.split(' ')[0])).toEqual([
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
    ]);
  });
});

describe('the archive', () => {
  test('is private, versioned, and read through CloudFront alone', () => {
    const bucket = one('AWS::S3::Bucket', /^ArchiveBucket/);
    expect(Object.values(bucket['PublicAccessBlockConfiguration'])).toEqual([true, true, true, true]);
    const policy = JSON.stringify(one('AWS::S3::BucketPolicy', /^ArchiveBucket/));
    expect(policy).toContain('cloudfront.amazonaws.com');
    expect(policy).toContain('aws:SecureTransport');
  });

  test('asks the API for folders and for what is still being written', () => {
    const { DistributionConfig: config } = one('AWS::CloudFront::Distribution', /./);
    expect(config.CacheBehaviors.map((each: { PathPattern: string }) => each.PathPattern)).toEqual([
      '*/',
      '/',
    ]);
    expect(config.OriginGroups.Items[0].FailoverCriteria.StatusCodes.Items).toEqual([403, 404]);
  });
});

describe('what is not there', () => {
  test.each([
    'AWS::EC2::NatGateway',
    'AWS::ElasticLoadBalancingV2::LoadBalancer',
    'AWS::ECS::Service',
    'AWS::EC2::Instance',
    'AWS::RDS::DBInstance',
    'AWS::EC2::EIP',
    'AWS::CloudFormation::CustomResource',
  ])('%s: nothing is always on', (type) => {
    expect(all(type)).toEqual([]);
  });

  test('a runner reaches the archive by a role that only its task may take', () => {
    const trusted = one('AWS::IAM::Role', /^RunnersArchiveRole/)['AssumeRolePolicyDocument'].Statement;
    const task = expect.stringMatching(/^RunnersTaskTaskRole/);
    expect(trusted).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: { 'Fn::GetAtt': [task, 'Arn'] } } },
    ]);
    const own = one('AWS::IAM::Policy', /^RunnersTaskTaskRole/)['PolicyDocument'].Statement;
    const actions = own.flatMap(({ Action }: { Action: string | string[] }) => Action);
    expect(actions).toContain('sts:AssumeRole');
    expect(actions.filter((action: string) => action.startsWith('s3:'))).toEqual([]);
  });

  test('no function may do everything, or something to everything', () => {
    const roles = [...all('AWS::IAM::Policy'), ...all('AWS::IAM::ManagedPolicy')];
    const wide = roles.flatMap(({ id, props }) =>
      props['PolicyDocument'].Statement.filter(
        (statement: { Action: string | string[]; Resource: unknown }) =>
          [statement.Action].flat().some((action) => action.includes('*')) || statement.Resource === '*',
      ).map((statement: { Action: unknown }) => `${id}: ${JSON.stringify(statement.Action)}`),
    );
    expect(wide).toEqual([
      expect.stringMatching(/^RunnersTaskExecutionRole.*: "ecr:GetAuthorizationToken"$/),
    ]);
  });
});

test('the template is the one that was last looked at', async () => {
  const text = JSON.stringify(template, null, 1)
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'HASH') // of the content of an asset
    .replaceAll(/(CurrentVersion)[0-9A-F]{8}\w*/g, '$1');
  await expect(`${text}\n`).toMatchFileSnapshot('template.snap');
});
