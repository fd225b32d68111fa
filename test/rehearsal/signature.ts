import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it came, before anybody looked at it. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string; // path and query, as sent
  readonly headers: Readonly<Record<string, string | undefined>>; // names in lower case
  readonly body: Buffer;
}

export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

const shape =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const mostAgeMs = 5 * 60_000;

/** Who says to have signed, and for which service; null = the request has no signature. */
export function signerOf(
  request: Pick<SignedRequest, 'headers'>,
): { readonly accessKeyId: string; readonly service: string } | null {
  const [, accessKeyId, , , service] = shape.exec(request.headers['authorization'] ?? '') ?? [];
  return accessKeyId === undefined || service === undefined ? null : { accessKeyId, service };
}

/**
 * What is wrong with the signature of a request, or null. Written after AWS's description of Signature Version 4, and not with the code that
 * signs, so that one is a test of the other.
 */
export function signatureProblem(request: SignedRequest, credential: Credential, now: number): string | null {
  const [, accessKeyId, day = '', region = '', service = '', names = '', signature = ''] =
    shape.exec(request.headers['authorization'] ?? '') ?? [];
  if (accessKeyId !== credential.accessKeyId) return 'it is signed with another key';
  if ((request.headers['x-amz-security-token'] ?? null) !== credential.sessionToken)
    return 'its session token is not that of the key';
  const time = request.headers['x-amz-date'] ?? '';
  if (!time.startsWith(day) || Math.abs(timeOf(time) - now) > mostAgeMs)
    return `its time '${time}' is not now`;
  const bodyHash = hash(request.body);
  const stated = request.headers['x-amz-content-sha256'];
  if (stated !== undefined && /^[0-9a-f]{64}$/.test(stated) && stated !== bodyHash)
    return 'its body is not the one that was signed';
  const canonical = [
    request.method,
    pathOf(request.url, service),
    queryOf(request.url),
    ...names
      .split(';')
      .map((name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    stated ?? bodyHash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `AWS4${credential.secretAccessKey}`,
  );
  const expected = createHmac('sha256', key).update(text).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? null : 'its signature does not match';
}

function timeOf(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** S3 takes the path as it is sent; everybody else encodes it once more. */
function pathOf(url: string, service: string): string {
  const [path = '/'] = url.split('?', 1);
  return service === 's3' ? path : path.split('/').map(encode).join('/');
}

function queryOf(url: string): string {
  const question = url.indexOf('?');
  if (question === -1) return '';
  return url
    .slice(question + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return `${encode(decode(name))}=${encode(decode(value))}`;
    })
    .toSorted()
    .join('&');
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hash(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}
