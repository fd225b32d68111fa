import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import type { Emulators } from './emulators.ts';
import type { Ledger } from './ledger.ts';
import { arnOf } from './place.ts';
import { judge, matches } from './policy.ts';
import type { PolicyDocument } from './policy.ts';
import { forService } from './roles.ts';
import type { Resource } from './stack.ts';

interface Behavior {
  readonly PathPattern?: string;
  readonly TargetOriginId: string;
}

interface DistributionConfig {
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors: readonly Behavior[];
  readonly Origins: readonly {
    readonly Id: string;
    readonly OriginPath?: string;
    readonly S3OriginConfig?: object;
  }[];
  readonly OriginGroups: {
    readonly Items: readonly {
      readonly Id: string;
      readonly Members: { readonly Items: readonly { readonly OriginId: string }[] };
      readonly FailoverCriteria: { readonly StatusCodes: { readonly Items: readonly number[] } };
    }[];
  };
}

interface Page {
  readonly status: number;
  readonly text: string;
}

/**
 * Where CloudFront takes a path from: its behaviors, origins and failover as the template has them, and the bucket's policy asked for
 * every object, which is unpacked as a browser does. Caches, certificates and headers are not here.
 */
export function openDistribution(options: {
  readonly distribution: Resource;
  readonly bucket: string;
  readonly bucketPolicies: readonly PolicyDocument[];
  readonly apiUrl: string;
  readonly emulators: Emulators;
  readonly ledger: Ledger;
}): (path: string) => Promise<Page> {
  const config = options.distribution.properties['DistributionConfig'] as DistributionConfig;

  const objectAt = async (path: string): Promise<Page> => {
    const Key = decodeURIComponent(path.slice(1));
    const act = {
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${options.bucket}/${Key}`,
      context: {
        'aws:SourceArn': arnOf('cloudfront', `distribution/${options.distribution.ref}`, { region: '' }),
        'aws:SecureTransport': 'true',
      },
    };
    const verdict = judge(forService(options.bucketPolicies, 'cloudfront.amazonaws.com'), act);
    options.ledger.judged('cloudfront.amazonaws.com', act, verdict);
    if (!verdict.allowed) return { status: 403, text: '' };
    try {
      const { Body, ContentEncoding } = await options.emulators.s3.send(
        new GetObjectCommand({ Bucket: options.bucket, Key }),
      );
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      return { status: 200, text: String(ContentEncoding === 'gzip' ? gunzipSync(bytes) : bytes) };
    } catch (error) {
      if (error instanceof NoSuchKey) return { status: 403, text: '' }; // without the right to list, S3 does not say more
      throw error;
    }
  };
  const fromOrigin = async (id: string, path: string): Promise<Page> => {
    const origin = config.Origins.find(({ Id }) => Id === id);
    if (origin === undefined) throw new Error(`the distribution has no origin ${id}`);
    if (origin.S3OriginConfig !== undefined) return await objectAt(path);
    const answer = await fetch(`${options.apiUrl}${origin.OriginPath ?? ''}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return async (path) => {
    const { TargetOriginId: target } =
      config.CacheBehaviors.find(({ PathPattern = '' }) => matches(PathPattern.replace(/^\/?/, '/'), path)) ??
      config.DefaultCacheBehavior;
    const group = config.OriginGroups.Items.find(({ Id }) => Id === target);
    if (group === undefined) return await fromOrigin(target, path);
    const [first = '', second = ''] = group.Members.Items.map(({ OriginId }) => OriginId);
    const page = await fromOrigin(first, path);
    return group.FailoverCriteria.StatusCodes.Items.includes(page.status)
      ? await fromOrigin(second, path)
      : page;
  };
}
