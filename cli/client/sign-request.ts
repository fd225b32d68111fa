import { createHash, createHmac } from 'node:crypto';
import type { AwsCredentialIdentity, Provider } from '@smithy/types';

/** A request before it is signed. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Gives the headers with which a request is sent, the signature among them. */
export type SignRequest = (request: UnsignedRequest) => Promise<Record<string, string>>;

/** The caller of a lab on AWS has no credentials there. */
export class NoAwsCredentialsError extends Error {
  override readonly name = 'NoAwsCredentialsError';
  constructor(cause: unknown) {
    super(
      `the lab wants to know who you are, and AWS credentials were not found (${cause instanceof Error ? cause.message : String(cause)}): set AWS_PROFILE, run "aws sso login", or set LOLIGO_TOKEN`,
      { cause },
    );
  }
}

/**
 * Signs as the AWS profile of the surroundings (SigV4, for API Gateway). Credentials are looked for when the first request is signed, and
 * kept until they expire. The region is that of the host name, else `region`, else us-east-1.
 */
export function awsSigner(options: {
  readonly region: string | null;
  readonly credentials?: Provider<AwsCredentialIdentity>; // default: those of the surroundings
}): SignRequest {
  let credentials = options.credentials;
  return async ({ method, url, headers, body }) => {
    // Only here, because most labs have tokens.
    const { SignatureV4 } = await import('@smithy/signature-v4');
    if (credentials === undefined) {
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      credentials = defaultProvider();
    }
    const found = await credentials().catch((error: unknown) => {
      throw new NoAwsCredentialsError(error);
    });
    const { protocol, hostname, host, pathname, port, searchParams } = new URL(url);
    const region = regionOf(hostname) ?? options.region ?? 'us-east-1';
    const signer = new SignatureV4({ service: 'execute-api', region, credentials: found, sha256: Sha256 });
    const signed = await signer.sign({
      method,
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: queryOf(searchParams),
      headers: { ...headers, host },
      ...(body !== null && { body }),
    });
    const { host: _, ...sent } = signed.headers;
    return sent;
  };
}

/** Whether a host name is that of an API of API Gateway itself. */
export function isApiGateway(url: string): boolean {
  return regionOf(new URL(url).hostname) !== null;
}

function regionOf(hostname: string): string | null {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(hostname)?.[1] ?? null;
}

function queryOf(params: URLSearchParams): Record<string, string[]> {
  const names = [...new Set(params.keys())];
  return Object.fromEntries(names.map((name) => [name, params.getAll(name)]));
}

/** SHA-256, or HMAC with it where there is a secret, as the signer wants it. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHmac> | ReturnType<typeof createHash>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
