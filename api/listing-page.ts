import { html } from 'hono/html';
import type { ArchiveEntry } from '../core/ports/archive.ts';
import { moment, page } from './page.ts';
import type { Markup } from './page.ts';

/** A part of one folder of the archive. Links are relative, so that the page is right wherever the archive is served. */
export function listingPage({
  path,
  entries,
  next,
}: {
  path: string;
  entries: readonly ArchiveEntry[];
  next: string | null; // where the part behind it is
}): Markup | Promise<Markup> {
  const title = `/${path}${path === '' ? '' : '/'}`;
  return page({
    title: `Archive ${title}`,
    refreshSeconds: null,
    body: html`<h1>Archive ${title}</h1>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th class="number">Size</th>
            <th>Changed (UTC)</th>
          </tr>
        </thead>
        <tbody>
          ${
            path === ''
              ? ''
              : html`<tr>
                  <td><a href="../">../</a></td>
                  <td></td>
                  <td></td>
                </tr>`
          }
          ${entries.map(entryRow)}
        </tbody>
      </table>
      ${next === null ? '' : html`<p><a rel="next" href="${next}">more</a></p>`}`,
  });
}

function entryRow(entry: ArchiveEntry): Markup {
  const name = entry.kind === 'folder' ? `${entry.name}/` : entry.name;
  const link = `./${encodeURIComponent(entry.name)}${entry.kind === 'folder' ? '/' : ''}`;
  return html`<tr>
    <td><a href="${link}">${name}</a></td>
    <td class="number">${entry.kind === 'folder' ? '' : entry.size.toLocaleString('en')}</td>
    <td class="short dim">${moment(new Date(entry.modifiedAt).toISOString())}</td>
  </tr> `;
}
