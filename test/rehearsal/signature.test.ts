import { describe, expect, test } from 'vitest';
import { awsSigner } from '../../cli/client/sign-request.ts';
import { signatureProblem, signerOf } from './signature.ts';

const credential = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};

test('the first example of the test suite that AWS published holds', () => {
  const request = {
    method: 'GET',
    url: '/',
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    body: Buffer.alloc(0),
  };
  const now = Date.parse('2015-08-30T12:36:01Z');
  expect(signerOf(request)).toEqual({ accessKeyId: 'AKIDEXAMPLE', service: 'service' });
  expect(signatureProblem(request, credential, now)).toBe(null);
  expect(signatureProblem(request, credential, now + 600_000)).toContain('is not now');
  expect(signatureProblem({ ...request, url: '/x' }, credential, now)).toBe('its signature does not match');
});

describe('what the command line signs', () => {
  const url = 'http://127.0.0.1:80/v1/runs/a%20b?status=pass,fail&limit=3';
  const body = '{"name":"ü"}';
  const { sessionToken: _, ...keys } = credential;
  const signed = async () => {
    const sign = awsSigner({ region: 'eu-west-1', credentials: async () => keys });
    const headers = await sign({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body,
    });
    return {
      method: 'POST',
      url: url.slice(url.indexOf('/v1')),
      headers: { ...headers, host: '127.0.0.1' },
      body: Buffer.from(body),
    };
  };

  test('holds', async () => {
    expect(signatureProblem(await signed(), credential, Date.now())).toBe(null);
  });

  test.each([
    ['another body', { body: Buffer.from('{}') }, 'its body is not the one that was signed'],
    ['another query', { url: '/v1/runs/a%20b?status=pass&limit=3' }, 'its signature does not match'],
    ['another method', { method: 'DELETE' }, 'its signature does not match'],
  ])('does not hold with %s', async (_, change, problem) => {
    expect(signatureProblem({ ...(await signed()), ...change }, credential, Date.now())).toBe(problem);
  });

  test('does not hold for another secret, nor without the token of the session', async () => {
    const request = await signed();
    const other = { ...credential, secretAccessKey: 'other' };
    expect(signatureProblem(request, other, Date.now())).toBe('its signature does not match');
    const session = { ...credential, sessionToken: 'token' };
    expect(signatureProblem(request, session, Date.now())).toBe('its session token is not that of the key');
  });
});
