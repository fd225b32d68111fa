import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { LabRefusedError, labClient } from './lab-client.ts';
import { awsSigner, isApiGateway, NoAwsCredentialsError } from './sign-request.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

interface Received {
  readonly method: string;
  readonly path: string; // with the query
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The signature that AWS's description of SigV4 gives a request; written apart from what signs it. */
function expectedSignature({ method, path, headers, body }: Received, secret: string): string {
  const authorization = headers['authorization'] ?? '';
  const scope = /Credential=[^/]+\/([^,]+)/.exec(authorization)?.[1] ?? '';
  const names = (/SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? '').split(';');
  const [date = '', region = '', service = ''] = scope.split('/');
  const [pathname = '', search = ''] = path.split('?');
  const query = [...new URLSearchParams(search)]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .sort()
    .join('&');
  const canonical = [
    method,
    pathname.split('/').map(escaped).join('/'),
    query,
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n');
  const key = ['aws4_request'].reduce<Buffer>(
    (before, part) => hmac(before, part),
    hmac(hmac(hmac(`AWS4${secret}`, date), region), service),
  );
  return hmac(key, text).toString('hex');
}

const signatureOf = (headers: Readonly<Record<string, string>>) =>
  /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1];

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret });

test('the check of these tests gives the signature that AWS published for get-vanilla', () => {
  const headers = {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=x',
  };
  expect(expectedSignature({ method: 'GET', path: '/', headers, body: '' }, secret)).toBe(
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

/** A lab that wants every request of some kinds signed, and says so with 403. */
async function signedLab(wants: (method: string) => boolean) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      const seen = { method: request.method ?? '', path: request.url ?? '', headers, body };
      received.push(seen);
      const good = !wants(seen.method) || signatureOf(headers) === expectedSignature(seen, secret);
      response
        .writeHead(good ? 200 : 403)
        .end(JSON.stringify(good ? { ok: true } : { message: 'Forbidden' }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, received, close: () => void server.close() };
}

test('writes are signed as a server computes it, whatever is in path, query and body', async () => {
  const lab = await signedLab(() => true);
  const sign = awsSigner({ region: 'eu-west-1', credentials });
  const client = labClient({ url: lab.url, token: () => null, sign });
  const path = '/v1/runs/ann-2026-11-27_14%3A00%3A00-rados:thrash/jobs/7?limit=3&name=a%20b&name=%C3%BC';
  await expect(client.post(path, { reason: 'it’s (over)!' })).resolves.toEqual({ ok: true });
  await expect(client.put('/v1/x', {})).resolves.toEqual({ ok: true });
  expect(lab.received[0]?.headers['authorization']).toContain('/eu-west-1/execute-api/aws4_request');
  const wrong = awsSigner({
    region: null,
    credentials: async () => ({ ...(await credentials()), secretAccessKey: 'x' }),
  });
  await expect(labClient({ url: lab.url, token: () => null, sign: wrong }).put('/v1/x', {})).rejects.toThrow(
    LabRefusedError,
  );
  lab.close();
});

test('reads are signed only where the lab will not answer otherwise', async () => {
  const open = await signedLab((method) => method !== 'GET');
  const closed = await signedLab(() => true);
  const sign = awsSigner({ region: 'eu-west-1', credentials });
  await labClient({ url: open.url, token: () => null, sign }).get('/v1/runs');
  expect(open.received.map(({ headers }) => headers['authorization'])).toEqual([undefined]);
  await labClient({ url: closed.url, token: () => null, sign }).get('/v1/runs?limit=1');
  expect(closed.received).toHaveLength(2);
  const log = await labClient({ url: closed.url, token: () => null, sign }).stream(
    '/archive/r/1/teuthology.log',
  );
  for await (const chunk of log) expect(Buffer.from(chunk).toString()).toContain('ok');
  open.close();
  closed.close();
});

test('without credentials a write says what to do, and the region is that of the host', async () => {
  const sign = awsSigner({ region: null, credentials: async () => Promise.reject(new Error('no profile')) });
  const client = labClient({ url: 'http://127.0.0.1:9', token: () => null, sign });
  await expect(client.put('/v1/x', {})).rejects.toThrow(NoAwsCredentialsError);
  await expect(client.put('/v1/x', {})).rejects.toThrow('(no profile): set AWS_PROFILE');
  const headers = await awsSigner({ region: 'eu-west-1', credentials })({
    method: 'GET',
    url: 'https://abc.execute-api.ap-south-1.amazonaws.com/v1/runs',
    headers: {},
    body: null,
  });
  expect(headers['authorization']).toContain('/ap-south-1/execute-api/');
  expect(isApiGateway('https://abc.execute-api.ap-south-1.amazonaws.com')).toBe(true);
  expect(isApiGateway('https://execute-api.amazonaws.com.evil.example')).toBe(false);
});
