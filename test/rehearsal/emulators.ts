import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import type { FauxqsServer } from 'fauxqs';
import { startMoto } from '../fixtures/moto.ts';
import { admin, region } from './place.ts';

/** What stands in for the services of AWS, and clients that ask it directly, past every policy. */
export interface Emulators extends AsyncDisposable {
  /** The URL that answers for a service, by its name in a signature. */
  endpointOf(service: string): string;
  readonly queues: FauxqsServer; // to look into queues without taking from them
  readonly dynamo: DynamoDBClient;
  readonly ecs: ECSClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  /** One call of EC2, for which there is no client here; gives the answer's XML. */
  ec2(action: string, parameters: Readonly<Record<string, string>>): Promise<string>;
}

/** Queues that somebody waits at, buckets and topics are fauxqs; the rest is moto, one request after the other, so that it is atomic. */
export async function startEmulators(): Promise<Emulators> {
  const moto = await startMoto();
  const queues = await startFauxqs({ port: 0, host: 'localhost', logger: false, defaultRegion: region });
  const ours = `http://localhost:${queues.port}`;
  const endpointOf = (service: string) => (['sqs', 's3', 'sns'].includes(service) ? ours : moto.endpoint);
  const at = (service: string) => ({ region, credentials: admin, endpoint: endpointOf(service) });
  const clients = {
    dynamo: new DynamoDBClient(at('dynamodb')),
    ecs: new ECSClient(at('ecs')),
    s3: new S3Client({ ...at('s3'), forcePathStyle: true }),
    secrets: new SecretsManagerClient(at('secretsmanager')),
    sns: new SNSClient(at('sns')),
    sqs: new SQSClient(at('sqs')),
  };
  return {
    endpointOf,
    queues,
    ...clients,
    async ec2(action, parameters) {
      const response = await fetch(moto.endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `AWS4-HMAC-SHA256 Credential=admin/20260101/${region}/ec2/aws4_request, SignedHeaders=host, Signature=x`,
        },
        body: new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters }).toString(),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${action}: ${text}`);
      return text;
    },
    async [Symbol.asyncDispose]() {
      for (const client of Object.values(clients)) client.destroy();
      await queues.stop();
      await moto.stop();
    },
  };
}
