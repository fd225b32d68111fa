import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import type { BehaviorOptions } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { BlockPublicAccess, Bucket, BucketEncryption, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { LifecycleRule } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { LabProps } from './lab-props.ts';

interface ArchiveProps extends Pick<LabProps, 'domain' | 'privateReads'> {
  readonly api: HttpApi; // lists folders, and serves the files that are still being written
}

const leastCheaper = 128 * 1024; // bytes; what is smaller would cost more in a cheaper class

const lifecycle: LifecycleRule[] = [
  { id: 'uploads that were given up', abortIncompleteMultipartUploadAfter: Duration.days(2) },
  { id: 'earlier versions', noncurrentVersionExpiration: Duration.days(14) },
  {
    id: 'cheaper with age',
    transitions: [
      { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) },
      { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(120) },
    ],
    objectSizeGreaterThan: leastCheaper,
  },
  {
    id: 'kept for ever',
    tagFilters: { 'loligo-preserve': 'yes' }, // see adapters/aws/preserve.ts
    transitions: [
      { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(30) },
    ],
    objectSizeGreaterThan: leastCheaper,
  },
];

/** The archive: a private bucket, and CloudFront before it unless reads are private. The bucket outlives the stack. */
export class Archive extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution | null;
  readonly url: string; // no slash at the end

  constructor(scope: Construct, id: string, props: ArchiveProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: lifecycle,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.distribution = props.privateReads ? null : this.#distribution(props);
    this.url =
      this.distribution === null
        ? `${props.api.apiEndpoint}/archive`
        : `https://${props.domain?.name ?? this.distribution.distributionDomainName}`;
  }

  /** As the API has them for what it serves of the archive itself: a page may come from a machine under test, and gets no scripts. */
  #headers(): ResponseHeadersPolicy {
    const override = true;
    return new ResponseHeadersPolicy(this, 'Headers', {
      corsBehavior: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: ['*'],
        accessControlAllowMethods: ['GET', 'HEAD'],
        accessControlAllowOrigins: ['*'],
        originOverride: false,
      },
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy:
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:",
          override,
        },
        contentTypeOptions: { override },
        frameOptions: { frameOption: HeadersFrameOption.SAMEORIGIN, override },
        referrerPolicy: {
          referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
          override,
        },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override },
      },
    });
  }

  /** A path is an object of the bucket; one that is none there, such as a live log, and every folder, is asked of the API. */
  #distribution({ api, domain }: ArchiveProps): Distribution {
    const { region, urlSuffix } = Stack.of(this);
    const lister = new HttpOrigin(`${api.apiId}.execute-api.${region}.${urlSuffix}`, {
      originPath: '/archive',
    });
    const usual = {
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      responseHeadersPolicy: this.#headers(),
    };
    const folders: BehaviorOptions = {
      ...usual,
      origin: lister,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: true,
    };
    return new Distribution(this, 'Distribution', {
      comment: 'loligo archive',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      ...(domain && {
        domainNames: [domain.name],
        certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
      }),
      defaultBehavior: {
        ...usual,
        origin: new OriginGroup({
          primaryOrigin: S3BucketOrigin.withOriginAccessControl(this.bucket),
          fallbackOrigin: lister,
          fallbackStatusCodes: [403, 404],
        }),
        cachePolicy: CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS,
        compress: true,
      },
      additionalBehaviors: { '*/': folders, '/': folders },
    });
  }
}
