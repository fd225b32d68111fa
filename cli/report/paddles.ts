import { setTimeout as sleep } from 'node:timers/promises';

/** A job as a paddles server takes it. */
export type PaddlesJob = Readonly<Record<string, unknown>> & {
  readonly job_id: string;
  readonly name: string;
};

/** A results server that speaks the API of paddles. */
export interface Paddles {
  hasRun(run: string): Promise<boolean>;
  /** Makes the job and its run, or brings the job up to date. A second call changes nothing. */
  putJob(job: PaddlesJob): Promise<'created' | 'updated'>;
}

/** The server refused, or did not answer in spite of all tries. */
export class PaddlesError extends Error {
  override readonly name = 'PaddlesError';
}

const pausesMs = [500, 1000, 2000, 4000];
const timeoutMs = 30_000;

/** A client of the server at a URL. What may pass (no answer, 429, 5xx) is tried again, `pauses` long; every call is safe to repeat. */
export function paddles(server: string, pauses: readonly number[] = pausesMs): Paddles {
  const base = server.replace(/\/+$/, '');
  const ask = async (method: string, path: string, body?: unknown) => {
    let trouble = '';
    for (const pause of [...pauses, null]) {
      try {
        const init = { method, signal: AbortSignal.timeout(timeoutMs) };
        const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const response = await fetch(`${base}${path}`, body === undefined ? init : { ...init, ...json });
        if (response.status < 500 && response.status !== 429) return response;
        trouble = `status ${response.status}`;
      } catch (error) {
        trouble =
          error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      }
      if (pause !== null) await sleep(pause);
    }
    throw new PaddlesError(`${method} ${base}${path} failed ${pauses.length + 1} times: ${trouble}`);
  };
  const insist = async (method: string, path: string, body: unknown) => {
    const response = await ask(method, path, body);
    if (response.ok) return;
    throw new PaddlesError(
      `${method} ${base}${path}: status ${response.status}: ${await messageOf(response)}`,
    );
  };
  return {
    async hasRun(run) {
      const response = await ask('HEAD', `/runs/${encodeURIComponent(run)}/`);
      if (response.ok || response.status === 404) return response.ok;
      throw new PaddlesError(`HEAD ${base}/runs/${run}/: status ${response.status}`);
    },
    async putJob(job) {
      const jobs = `/runs/${encodeURIComponent(job.name)}/jobs/`;
      const response = await ask('POST', jobs, job);
      if (response.ok) return 'created';
      const message = await messageOf(response);
      if (response.status !== 400 || !message.includes('already exists'))
        throw new PaddlesError(`POST ${base}${jobs}: status ${response.status}: ${message}`);
      await insist('PUT', `${jobs}${encodeURIComponent(job.job_id)}/`, job);
      return 'updated';
    },
  };
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    const message = typeof body === 'object' && body !== null ? Reflect.get(body, 'message') : null;
    return typeof message === 'string' ? message : text.slice(0, 200);
  } catch {
    return text.slice(0, 200);
  }
}
