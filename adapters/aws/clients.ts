import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import type { AwsEnvironment } from './environment.ts';

/** The clients of one process, each made when it is first asked for. Endpoints, region and credentials are those of the surroundings. */
export interface AwsClients {
  readonly dynamo: () => DynamoDBClient;
  readonly s3: () => S3Client;
  readonly sqs: () => SQSClient;
  readonly ecs: () => ECSClient;
  readonly ses: () => SESv2Client;
  readonly sns: () => SNSClient;
  readonly secrets: () => SecretsManagerClient;
  readonly sts: () => STSClient;
}

/** See AwsClients. With `archive` S3 is asked with credentials of its own. */
export function awsClients(
  environment: Pick<AwsEnvironment, 'AWS_ENDPOINT_URL'>,
  archive?: NonNullable<S3ClientConfig['credentials']>,
): AwsClients {
  // What stands in for S3 has no host name for each bucket.
  const forcePathStyle = environment.AWS_ENDPOINT_URL !== undefined;
  return {
    dynamo: once(() => new DynamoDBClient()),
    s3: once(() => new S3Client({ forcePathStyle, ...(archive && { credentials: archive }) })),
    sqs: once(() => new SQSClient()),
    ecs: once(() => new ECSClient()),
    ses: once(() => new SESv2Client()),
    sns: once(() => new SNSClient()),
    secrets: once(() => new SecretsManagerClient()),
    sts: once(() => new STSClient()),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
