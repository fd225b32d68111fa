import { randomBytes } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { gatewaysOf } from '../ceph/gateways.ts';
import type { Gateway } from '../ceph/gateways.ts';
import { readClients } from '../ceph/client-roles.ts';
import type { Task } from '../engine/task.ts';

/** A gateway does not do what S3 promises. */
class S3CheckError extends Error {
  override readonly name = 'S3CheckError';
}

/** Checks the gateway of each client with an S3 client in the runner: buckets, objects, ranges, listings, parts, refusals. */
export const task: Task = async (ctx, config) => {
  for (const { role, remote, cluster, name } of readClients(ctx, 's3', config)) {
    const gateway = gatewaysOf(ctx).get(role);
    if (!gateway) throw new S3CheckError(`s3: ${role} has no gateway; put 'rgw:' before 's3:'`);
    const uid = `loligo.${role}`;
    const admin = ['sudo', 'radosgw-admin', '--cluster', cluster, '-n', name];
    const keys = {
      accessKeyId: randomBytes(10).toString('hex'),
      secretAccessKey: randomBytes(20).toString('hex'),
    };
    ctx.defer(async () => {
      await remote.run([...admin, 'user', 'rm', '--uid', uid, '--purge-data'], { quiet: true });
    });
    const words = [
      'user',
      'create',
      '--uid',
      uid,
      '--display-name',
      uid,
      '--access-key',
      keys.accessKeyId,
      '--secret',
      keys.secretAccessKey,
    ];
    await remote.run([...admin, ...words], { quiet: true });
    ctx.log.info(`Checking the gateway of ${role} at ${gateway.host}:${gateway.port}...`);
    await checkGateway(gateway, keys);
    ctx.log.info(`${role}: S3 checks passed`);
  }
};

async function checkGateway(
  gateway: Gateway,
  keys: { accessKeyId: string; secretAccessKey: string },
): Promise<void> {
  const sdk = await import('@aws-sdk/client-s3'); // heavy, and only this task needs it
  const host = gateway.host.includes(':') ? `[${gateway.host}]` : gateway.host;
  const open = (credentials: typeof keys): S3Client =>
    new sdk.S3Client({
      endpoint: `http://${host}:${gateway.port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  const s3 = open(keys);
  const Bucket = `loligo-${randomBytes(4).toString('hex')}`;
  const Body = randomBytes(300_000);
  await s3.send(new sdk.CreateBucketCommand({ Bucket }));
  await s3.send(new sdk.PutObjectCommand({ Bucket, Key: 'a/b', Body }));
  const whole = await (
    await s3.send(new sdk.GetObjectCommand({ Bucket, Key: 'a/b' }))
  ).Body?.transformToByteArray();
  expectSame('an object', whole, Body);
  const part = await s3.send(new sdk.GetObjectCommand({ Bucket, Key: 'a/b', Range: 'bytes=1000-1999' }));
  expectSame('a range of an object', await part.Body?.transformToByteArray(), Body.subarray(1000, 2000));
  const { Contents = [] } = await s3.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
  const listed = Contents.map(({ Key, Size }) => `${Key}:${Size}`).join();
  if (listed !== `a/b:${Body.length}`) throw new S3CheckError(`s3: the bucket's list is '${listed}'`);
  const stranger = open({ ...keys, secretAccessKey: 'wrong' });
  const refused = await stranger.send(new sdk.GetObjectCommand({ Bucket, Key: 'a/b' })).then(
    () => 'served',
    (error: Error) => error.name,
  );
  if (refused !== 'SignatureDoesNotMatch')
    throw new S3CheckError(`s3: a request with a wrong secret got '${refused}'`);
  await s3.send(new sdk.DeleteObjectCommand({ Bucket, Key: 'a/b' }));
  await s3.send(new sdk.DeleteBucketCommand({ Bucket }));
}

function expectSame(what: string, got: Uint8Array | undefined, wanted: Uint8Array): void {
  if (got !== undefined && Buffer.from(got).equals(wanted)) return;
  throw new S3CheckError(
    `s3: ${what} came back as ${got?.length ?? 0} bytes that are not the ${wanted.length} that were put`,
  );
}
