import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptRef } from '../../core/ports/job-store.ts';

/** The lab refused a worker's request; the message is its sentence. */
export class WorkRefusedError extends Error {
  override readonly name = 'WorkRefusedError';
  readonly status: number;
  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

export interface LabAddress {
  readonly url: string; // no slash at the end
  readonly token: string;
}

/** What a worker asks of a lab about one attempt. */
export interface AttemptCalls {
  /** Sends JSON. Throws WorkRefusedError, and whatever keeps the lab from being reached. */
  ask<T>(act: string, body: unknown): Promise<T>;
  /** Sends bytes for a file of the job, again and again for half a minute while the lab cannot be reached. */
  send(act: 'append' | 'put', path: string, bytes: Uint8Array): Promise<void>;
}

const timeoutMs = 30_000;
const pausesMs = [500, 1000, 2000, 4000, 8000, 15_000];

/** The requests of one attempt's runner, over outbound HTTP alone. */
export function attemptCalls(lab: LabAddress, { run, jobId, fence }: AttemptRef): AttemptCalls {
  const base = `/v1/workers/attempts/${encodeURIComponent(run)}/${jobId}/${fence}`;
  return {
    ask: async <T>(act: string, body: unknown) =>
      (await labPut(lab, `${base}/${act}`, { body: JSON.stringify(body), timeoutMs })) as T,
    async send(act, path, bytes) {
      const to = `${base}/${act}?path=${encodeURIComponent(path)}`;
      for (const pauseMs of pausesMs) {
        try {
          return void (await labPut(lab, to, { body: bytes, timeoutMs }));
        } catch (error) {
          if (isLastWord(error)) throw error;
        }
        await sleep(pauseMs);
      }
      await labPut(lab, to, { body: bytes, timeoutMs });
    },
  };
}

/** Whether the lab has refused for good, and neither is out of order nor asks for patience. */
export function isLastWord(error: unknown): error is WorkRefusedError {
  return error instanceof WorkRefusedError && error.status < 500 && error.status !== 429;
}

/** One request of a worker. Throws WorkRefusedError, and whatever keeps the lab from being reached. */
export async function labPut(
  { url, token }: LabAddress,
  path: string,
  params: { body: string | Uint8Array; timeoutMs: number; signal?: AbortSignal },
): Promise<unknown> {
  const signals = [AbortSignal.timeout(params.timeoutMs), ...(params.signal ? [params.signal] : [])];
  const response = await fetch(`${url}${path}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': typeof params.body === 'string' ? 'application/json' : 'application/octet-stream',
    },
    body: params.body as string | Uint8Array<ArrayBuffer>,
    signal: AbortSignal.any(signals),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as unknown;
  throw new WorkRefusedError(response.status, sentenceOf(text));
}

function sentenceOf(text: string): string {
  try {
    return (JSON.parse(text) as { detail?: string }).detail ?? text;
  } catch {
    return text.trim();
  }
}
