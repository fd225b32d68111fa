import { html, raw } from 'hono/html';

/** HTML that is safe to put into a page: made by the `html` template, which escapes what it is given. */
export type Markup = ReturnType<typeof html>;

const style = raw(`
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: #6a6a6a; --pass: #1a7f37; --fail: #c62828; --dead: #8e44ad; --live: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --dim: #9a9a9a; --pass: #57c26d; --fail: #ff7b72; --dead: #d2a8ff; --live: #79b8ff; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1rem; max-width: 80rem; }
h1 { font-size: 1.25rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--dim); }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tbody tr:hover { background: var(--soft); } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.short { white-space: nowrap; } .dim { color: var(--dim); } .reason { color: var(--dim); white-space: pre-wrap; }
.pass { color: var(--pass); } .fail { color: var(--fail); font-weight: 600; } .dead { color: var(--dead); font-weight: 600; }
.running, .waiting { color: var(--live); } .queued, .empty { color: var(--dim); }
a { color: inherit; text-underline-offset: .15em; } nav { color: var(--dim); }
`);

/** A whole page without scripts or anything from elsewhere. `refreshSeconds` null = it will not change any more. */
export function page(params: { title: string; refreshSeconds: number | null; body: Markup }): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${params.refreshSeconds === null ? '' : html`<meta http-equiv="refresh" content="${params.refreshSeconds}" />`}
        <title>${params.title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        ${params.body}
      </body>
    </html> `;
}

/** `2026-01-02 03:04:05` in UTC, with the full instant for those who point at it. */
export function moment(at: string | null): Markup | string {
  return at === null ? '' : html`<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')}</time>`;
}
