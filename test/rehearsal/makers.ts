import { CreateTableCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { account, arnOf, region } from './place.ts';
import type { Emulators } from './emulators.ts';
import { inertTypes } from './inert-types.ts';
import { runnerMakers } from './runner-makers.ts';
import type { Maker, Properties } from './stack.ts';

/** URLs at which the rehearsal itself answers. */
export interface Fronts {
  readonly gateway: string; // in the place of AWS
  readonly api: string; // in the place of API Gateway
  readonly archiveHost: string; // that CloudFront would have
}

/** How a resource of each type is made, from what the template says about it. */
export function makersOf(emulators: Emulators, fronts: Fronts): Readonly<Record<string, Maker>> {
  const { s3, secrets, sns, sqs } = emulators;
  return {
    ...Object.fromEntries(Object.keys(inertTypes).map((type) => [type, inert])),
    ...declared(fronts),
    ...runnerMakers(emulators),
    'AWS::DynamoDB::Table': async (id, properties) => await makeTable(emulators, id, properties),
    'AWS::S3::Bucket': async (id) => {
      const name = id.toLowerCase();
      await s3.send(
        new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: region } }),
      );
      const domain = `${name}.s3.${region}.amazonaws.com`;
      return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, RegionalDomainName: domain } };
    },
    'AWS::SNS::Topic': async (id) => {
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: id }));
      return { ref: TopicArn, attributes: { TopicArn, TopicName: id } };
    },
    'AWS::SecretsManager::Secret': async (id) => {
      const { ARN = '' } = await secrets.send(
        new CreateSecretCommand({ Name: id, SecretString: 'generated' }),
      );
      return { ref: ARN, attributes: { Id: ARN } };
    },
    'AWS::SQS::Queue': async (id, properties) => {
      const name = `${id}${properties['FifoQueue'] === true ? '.fifo' : ''}`;
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: name, Attributes: queueAttributes(properties) }),
      );
      // SDKs send to the host of a queue's URL and to no endpoint that they were told.
      const { pathname } = new URL(QueueUrl);
      const [owner = account] = pathname.split('/').slice(-2);
      const arn = arnOf('sqs', name, { account: owner });
      return { ref: `${fronts.gateway}${pathname}`, attributes: { Arn: arn, QueueName: name } };
    },
  };
}

const inert: Maker = (id) => ({ ref: id, attributes: { Id: id, Arn: `arn:aws:inert:::${id}` } });

/** Resources that are nothing but what the template says; the rehearsal itself acts on it. */
function declared(fronts: Fronts): Readonly<Record<string, Maker>> {
  const just: Maker = (id) => ({ ref: id, attributes: {} });
  return {
    'AWS::ApiGatewayV2::Api': (id) => ({
      ref: id.toLowerCase(),
      attributes: { ApiEndpoint: fronts.api, ApiId: id.toLowerCase() },
    }),
    'AWS::ApiGatewayV2::Integration': just,
    'AWS::ApiGatewayV2::Route': just,
    'AWS::ApiGatewayV2::Stage': (_, { StageName }) => ({ ref: String(StageName), attributes: {} }),
    'AWS::CloudFront::Distribution': (id) => ({ ref: id, attributes: { DomainName: fronts.archiveHost } }),
    'AWS::CloudFront::OriginAccessControl': (id) => ({ ref: id, attributes: { Id: id } }),
    'AWS::Events::Rule': (id) => ({ ref: id, attributes: { Arn: arnOf('events', `rule/${id}`) } }),
    'AWS::IAM::ManagedPolicy': just,
    'AWS::IAM::Policy': just,
    'AWS::IAM::Role': (id) => ({ ref: id, attributes: { Arn: arnOf('iam', `role/${id}`, { region: '' }) } }),
    'AWS::Lambda::EventSourceMapping': just,
    'AWS::Lambda::Function': (id) => ({ ref: id, attributes: { Arn: arnOf('lambda', `function:${id}`) } }),
    'AWS::Lambda::Permission': just,
    'AWS::Logs::LogGroup': (id) => ({ ref: id, attributes: { Arn: arnOf('logs', `log-group:${id}:*`) } }),
    'AWS::S3::BucketPolicy': just,
    'AWS::SNS::TopicPolicy': just,
    'AWS::SQS::QueuePolicy': just,
  };
}

async function makeTable({ dynamo }: Emulators, id: string, properties: Properties) {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode } =
    properties as CreateTableCommandInput;
  const shape = { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, BillingMode };
  await dynamo.send(new CreateTableCommand({ TableName: id, ...shape }));
  const TimeToLiveSpecification = properties['TimeToLiveSpecification'];
  if (TimeToLiveSpecification !== undefined)
    await dynamo.send(new UpdateTimeToLiveCommand({ TableName: id, TimeToLiveSpecification }));
  return { ref: id, attributes: { Arn: arnOf('dynamodb', `table/${id}`) } };
}

const copied = [
  'VisibilityTimeout',
  'MessageRetentionPeriod',
  'FifoQueue',
  'ContentBasedDeduplication',
  'DelaySeconds',
];

function queueAttributes(properties: Properties): Record<string, string> {
  const attributes = copied.flatMap((name) =>
    properties[name] === undefined ? [] : [[name, String(properties[name])] as const],
  );
  const redrive = properties['RedrivePolicy'];
  return {
    ...Object.fromEntries(attributes),
    ...(redrive !== undefined && { RedrivePolicy: JSON.stringify(redrive) }),
  };
}
