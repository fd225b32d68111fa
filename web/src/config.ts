/** Where the pages find their lab: `config.json` beside `index.html`, its addresses relative to that. No slash at the end. */
export interface PagesConfig {
  readonly api: string;
  readonly archive: string;
}

/** Reads `config.json`; throws a sentence when it is not there or lacks an address. */
export async function loadConfig(): Promise<PagesConfig> {
  const answer = await fetch('config.json', { cache: 'no-cache' });
  if (!answer.ok) throw new Error(`config.json beside these pages cannot be read: HTTP ${answer.status}`);
  const given = (await answer.json()) as Partial<Record<'api' | 'archive', unknown>>;
  return { api: address(given.api, 'api'), archive: address(given.archive, 'archive') };
}

function address(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`config.json has no address '${name}'`);
  const url = new URL(value === '' ? '.' : value, document.baseURI);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
