import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { STSClient } from '@aws-sdk/client-sts';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { AttemptRef } from '../../core/ports/job-store.ts';

/** What a runner may do in the archive, whatever its role may: read, write and delete in the folder of its job, and see names. */
export interface SessionPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Effect: 'Allow';
    readonly Action: readonly string[];
    readonly Resource: string;
  }[];
}

/** See SessionPolicy. What means something in the names of resources is taken as it stands. */
export function folderPolicy(bucket: string, folder: string): SessionPolicy {
  const arn = `arn:*:s3:::${bucket}`;
  const literally = folder.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        Resource: `${arn}/${literally}/*`,
      },
      // Without it S3 says 403 where there is no object, and not 404.
      { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: arn },
    ],
  };
}

const sessionSeconds = 3600; // the longest that one role may give another

/**
 * Credentials of a role for the archive, narrowed to the folder of one job. One AssumeRole when they are first used, and one before each hour
 * is over.
 */
export function jobCredentials(params: {
  readonly client: STSClient;
  readonly role: string; // ARN
  readonly bucket: string;
  readonly attempt: AttemptRef;
}): NonNullable<S3ClientConfig['credentials']> {
  const { client, role, bucket } = params;
  const { run, jobId, fence } = params.attempt;
  return async () => {
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: role,
        RoleSessionName: `job-${jobId}-${fence}`,
        DurationSeconds: sessionSeconds,
        Policy: JSON.stringify(folderPolicy(bucket, `${run}/${jobId}`)),
      }),
    );
    if (Credentials?.AccessKeyId === undefined || Credentials.SecretAccessKey === undefined)
      throw new Error(`the role ${role} gives no credentials`);
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials;
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      ...(SessionToken !== undefined && { sessionToken: SessionToken }),
      ...(Expiration !== undefined && { expiration: Expiration }),
    };
  };
}
