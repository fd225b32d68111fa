import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** `npm run bench [NAME...]`: the figures of each hot path, each bench in a process of its own. */
const benches: Readonly<Record<string, readonly (readonly string[])[]>> = {
  suites: [[], ['--subset', '17/2000']], // a process for each, so that neither profits from the other
  remote: [[]],
  queue: [[]],
  plan: [[]],
  lists: [[]],
  lab: [[]],
  ceph: [[]],
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`there is no bench '${unknown}'; known are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? Object.keys(benches) : asked) {
  console.log(`== ${name}`);
  for (const args of benches[name] ?? []) {
    const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...args], {
      stdio: 'inherit',
    });
    const [status] = await once(child, 'exit');
    if (status !== 0) process.exitCode = 1;
  }
}
