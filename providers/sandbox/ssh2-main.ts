import { readFileSync } from 'node:fs';
import { serveSsh2 } from './ssh2-server.ts';
import type { Ssh2ServerConfig } from './ssh2-config.ts';

// The process of one node's ssh2 server; its only argument is the file with its configuration.
const file = process.argv[2] ?? '';
const config = JSON.parse(readFileSync(file, 'utf8')) as Ssh2ServerConfig;
await serveSsh2(config);
