import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiLab } from './fixtures/api-lab.ts';

/** Where the description is kept. */
export const descriptionFile = join(import.meta.dirname, '..', 'docs', 'openapi.json');

/** The description of the HTTP API as a lab serves it, indented for people who read changes of it. */
export async function apiDescription(): Promise<string> {
  const lab = apiLab();
  const description: unknown = await (await lab.get('/openapi.json')).json();
  lab.close();
  return `${JSON.stringify(description, null, 2)}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(descriptionFile, await apiDescription());
