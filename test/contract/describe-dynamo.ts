import { afterAll, beforeAll, describe, vi } from 'vitest';
import { startMoto } from '../fixtures/moto.ts';
import type { Moto } from '../fixtures/moto.ts';
import { describeWith } from '../requirements.ts';
import { setupDynamoStores } from './dynamo-client.ts';

type Setup = () => ReturnType<typeof setupDynamoStores>;

/** `describe` for the stores on DynamoDB: moto stands in for it, or it is that of your account with LOLIGO_AWS_TEST=1. */
export function describeDynamo(title: string, body: (setup: Setup) => void): void {
  // A race is thousands of requests, which moto answers one by one.
  vi.setConfig({ testTimeout: 180_000 });
  if (process.env['LOLIGO_AWS_TEST'] === '1') {
    describe(title, () => body(() => setupDynamoStores(null)));
    return;
  }
  describeWith(['moto'], title, () => {
    let moto: Moto;
    beforeAll(async () => {
      moto = await startMoto();
    });
    afterAll(async () => moto.stop());
    body(() => setupDynamoStores(moto.endpoint));
  });
}
