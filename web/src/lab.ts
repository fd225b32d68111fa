import type { PagesConfig } from './config.ts';

let config: PagesConfig = { api: '', archive: '' };

/** Says once, before anything is asked, where the lab is. */
export function setLab(found: PagesConfig): void {
  config = found;
}

/** The lab refused, or did not answer; the message is a sentence for people. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly status: number; // 0 = nothing answered
  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** The address of something in the API; path segments are encoded, queries left out where they are null or empty. */
export function apiUrl(
  segments: readonly (string | number)[],
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const path = segments.map((each) => encodeURIComponent(each)).join('/');
  const parts = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  const search = new URLSearchParams(parts.map(([name, value]) => [name, String(value)])).toString();
  return `${config.api}/v1/${path}${search === '' ? '' : `?${search}`}`;
}

/** The address of the API's own description. */
export function descriptionUrl(): string {
  return `${config.api}/openapi.json`;
}

/** The public address of a file or, with '' at the end, a folder of the archive. */
export function archiveUrl(...segments: readonly (string | number)[]): string {
  const path = segments.map((each) => encodeURIComponent(each).replaceAll('%3A', ':')).join('/');
  return `${config.archive}/${path}`;
}

/** Asks the API; throws LabError with the sentence of the lab, or AbortError. */
export async function ask(url: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new LabError(0, 'The lab does not answer.');
  }
  if (answer.ok) return answer;
  throw new LabError(answer.status, await sentenceOf(answer));
}

async function sentenceOf(answer: Response): Promise<string> {
  const problem: unknown = await answer.json().catch(() => null);
  const detail = (problem as { detail?: unknown } | null)?.detail;
  return typeof detail === 'string' ? detail : `The lab answered HTTP ${answer.status}.`;
}
