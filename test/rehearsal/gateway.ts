import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { actsOf, callOf } from './acts.ts';
import type { Call } from './acts.ts';
import { judgeIdentity } from './identities.ts';
import type { Identities, Identity } from './identities.ts';
import type { Ledger } from './ledger.ts';
import { signatureProblem, signerOf } from './signature.ts';
import type { SignedRequest } from './signature.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** A call that was signed by somebody known and is allowed. */
export interface AllowedCall extends Call {
  readonly caller: Identity;
  readonly request: SignedRequest;
}

/** Asks the emulator, with other parameters than those that came where they are given. */
export type Pass = (input?: object) => Promise<Answer>;

/** Answers a call in the place of the emulator, or null to leave it to that. */
export type Answering = (call: AllowedCall, pass: Pass) => Promise<Answer | null>;

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** Asked before the emulators, the last one first; the function that comes back takes it out again. */
  answerWith(answering: Answering): () => void;
}

/**
 * What all SDKs of the lab talk to in the place of AWS: it looks who signed a call, whether the signature holds and the policies of the
 * signer allow it, and passes it on. What is refused is answered as AWS does, and noted.
 */
export async function startGateway(options: {
  readonly identities: Identities;
  readonly ledger: Ledger;
  readonly endpointOf: (service: string) => string;
  readonly rolesOf: (taskDefinition: string) => readonly string[];
  /** Requests without a signature that are none of AWS: task metadata and credentials. */
  readonly local: (path: string) => unknown;
}): Promise<Gateway> {
  const answerings: Answering[] = [];
  const { identities, ledger } = options;

  const serve = async (message: IncomingMessage): Promise<Answer> => {
    const request = await readRequest(message);
    const signer = signerOf(request);
    if (signer === null) {
      const found = options.local(request.url);
      if (found !== undefined) return json(200, found);
      ledger.trouble(`an unsigned request: ${request.method} ${request.url}`);
      return json(403, { message: 'Missing Authentication Token' });
    }
    const call = callOf(signer.service, request);
    const caller = identities.find(signer.accessKeyId);
    const problem = caller === null ? 'nobody has its key' : signatureProblem(request, caller, Date.now());
    if (caller === null || problem !== null) {
      ledger.trouble(`${call.service}:${call.operation} cannot be believed: ${problem}`);
      return refusal(call, `The request signature we calculated does not match: ${problem}`);
    }
    for (const act of actsOf(call, request, options.rolesOf)) {
      const verdict = judgeIdentity(caller, act);
      ledger.judged(caller.name, act, verdict);
      if (!verdict.allowed)
        return refusal(call, `${caller.arn} is not authorized to perform: ${verdict.reason}`);
    }
    ledger.called(caller.name, call);
    const pass: Pass = async (input) => {
      const body = input === undefined ? request.body : Buffer.from(JSON.stringify(input));
      const answer = await passOn(options.endpointOf(call.service), { ...request, body });
      if (answer.status >= 500)
        ledger.trouble(`${call.service}:${call.operation} is too much for the emulator`);
      return answer;
    };
    for (const answering of answerings.toReversed()) {
      const answer = await answering({ ...call, caller, request }, pass);
      if (answer !== null) return answer;
    }
    return await pass();
  };
  const server = createServer((message, response) => {
    serve(message).then(
      (answer) => send(response, answer),
      (error: unknown) => {
        ledger.trouble(error instanceof Error ? error.message : String(error));
        send(response, json(500, { __type: 'InternalServerError', message: String(error) }));
      },
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(answering) {
      answerings.push(answering);
      return () => void answerings.splice(answerings.indexOf(answering), 1);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A request with its whole body. */
export async function readRequest(message: IncomingMessage): Promise<SignedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : value,
    ]),
  );
  return { method: message.method ?? '', url: message.url ?? '/', headers, body: Buffer.concat(chunks) };
}

export function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _, ...kept } = headers;
  response.writeHead(status, kept).end(body);
}

async function passOn(endpoint: string, { method, url, headers, body }: SignedRequest): Promise<Answer> {
  const { hostname, port, host } = new URL(endpoint);
  const { 'transfer-encoding': _, 'content-length': __, expect: ___, ...kept } = headers;
  const asked = forward({
    host: hostname,
    port,
    method,
    path: url,
    headers: { ...kept, host, 'content-length': body.length },
  });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks) };
}

/** An error in the words of the service's protocol. */
function refusal({ service }: Call, message: string): Answer {
  return failure(service, {
    status: ['s3', 'sns', 'sts', 'ses'].includes(service) ? 403 : 400,
    code: 'AccessDenied',
    message,
  });
}

/** See refusal; JSON services call their errors exceptions. */
export function failure(
  service: string,
  { status, code, message }: { status: number; code: string; message: string },
): Answer {
  const error = `<Error><Code>${code}</Code><Message>${message.replaceAll('<', '&lt;')}</Message></Error>`;
  const xml = service === 's3' ? error : `<ErrorResponse>${error}</ErrorResponse>`;
  if (['s3', 'sns', 'sts'].includes(service))
    return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) };
  const name = code.endsWith('Exception') ? code : `${code}Exception`;
  const answer = json(status, { __type: `com.amazonaws#${name}`, message });
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': name } };
}
