import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Command } from 'commander';
import { wholeNumber } from './client/failure.ts';
import { findLab } from './client/lab-client.ts';
import type { LabClient } from './client/lab-client.ts';
import { stopSignals } from './client/stop-signals.ts';

interface ExporterOptions {
  readonly port: number;
  readonly host: string;
  readonly interval: number;
  readonly folder?: string;
}

/** `loligo exporter`: the metrics of a lab that Prometheus does not reach itself. */
export function command(): Command {
  return new Command('exporter')
    .summary('serve the metrics of a lab to Prometheus')
    .description(
      'Serves at /metrics what the lab says at its own /metrics, asking it at most once per interval, and `loligo_up`, which is 0 while the lab does not answer. A Prometheus that reaches the lab needs no exporter. Runs until Ctrl-C.',
    )
    .option('--port <n>', 'to listen on; 0 = any', wholeNumber(0, 65_535), 61_764)
    .option('--host <address>', 'to listen on', '127.0.0.1')
    .option('--interval <seconds>', 'how old an answer may be', wholeNumber(1), 60)
    .option('--folder <dir>', 'the lab of this folder (default: LOLIGO_API, else ~/.loligo)')
    .addHelpText(
      'after',
      `
Examples:
  loligo exporter
  LOLIGO_API=https://lab.example loligo exporter --host 0.0.0.0 --interval 15

Exit status: 0 stopped, 1 the port is in use, 2 no lab is known.`,
    )
    .action(serve);
}

async function serve(options: ExporterOptions): Promise<void> {
  const lab = findLab(options);
  const stop = stopSignals();
  const metrics = remembered(() => metricsOf(lab), options.interval * 1000);
  const server = createServer((request, response) => {
    if (new URL(request.url ?? '/', 'http://exporter').pathname !== '/metrics') {
      response.writeHead(404).end('the metrics are at /metrics\n');
      return;
    }
    void metrics().then((text) =>
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
    );
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  console.log(
    `http://${options.host}:${(server.address() as AddressInfo).port}/metrics is that of ${lab.url}`,
  );
  await stop.first;
  server.close();
  server.closeAllConnections();
  stop.release();
}

/** What the lab says; a lab that does not answer is a metric too. */
async function metricsOf(lab: LabClient): Promise<string> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await lab.stream('/metrics', { signal: AbortSignal.timeout(10_000) }))
      chunks.push(chunk);
    return `${Buffer.concat(chunks).toString()}${upText(1)}`;
  } catch {
    return upText(0);
  }
}

function upText(value: 0 | 1): string {
  return `# HELP loligo_up Whether the lab answers.\n# TYPE loligo_up gauge\nloligo_up ${value}\n`;
}

/** Asks again only when the last answer is old; those who ask meanwhile share one. */
function remembered<T>(ask: () => Promise<T>, maxAgeMs: number): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | null = null;
  return () => {
    if (last === null || Date.now() - last.at >= maxAgeMs) last = { at: Date.now(), answer: ask() };
    return last.answer;
  };
}
