import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** `npm run bench [NAME...]`: the figures of each hot path, each bench in a process of its own. */
const benches = ['suites', 'remote', 'queue', 'lab'];

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !benches.includes(name));
if (unknown !== undefined) {
  console.error(`there is no bench '${unknown}'; known are ${benches.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? benches : asked) {
  console.log(`== ${name}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
}
