import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startJobBench } from '../../test/fixtures/job-bench.ts';
import type { JobBench } from '../../test/fixtures/job-bench.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await startJobBench(2);
});
afterAll(() => bench.stop());

const roles = 'roles: [[node.a, client.0], [node.b, client.1]]';

describe('exec', () => {
  test('runs the commands of each role on its host, in the order of the file', async () => {
    const { status, lines } = await bench.run(`${roles}
tasks:
- exec:
    client.1: [echo "first on $(hostname)", echo second]
    client.0: [echo "third on $(hostname) in $TESTDIR"]
`);
    expect(status).toBe('pass');
    const [one, two] = bench.hosts.endpoints;
    expect(
      lines.filter((line) => /INFO:teuthology.task.exec|stdout:(first|second|third)/.test(line)),
    ).toEqual([
      'INFO:teuthology.task.exec:Executing custom commands...',
      `INFO:teuthology.task.exec:Running commands on role client.1 host ${two?.user}@target2`,
      'INFO:teuthology.orchestra.run.target2.stdout:first on target2',
      'INFO:teuthology.orchestra.run.target2.stdout:second',
      `INFO:teuthology.task.exec:Running commands on role client.0 host ${one?.user}@target1`,
      `INFO:teuthology.orchestra.run.target1.stdout:third on target1 in ${one?.home}/cephtest`,
    ]);
    expect(lines).toContain(
      `DEBUG:teuthology.orchestra.run.target2:> sudo TESTDIR=${two?.home}/cephtest bash -c 'echo second'`,
    );
  });

  test('stops at the first command that fails', async () => {
    const { status, failureReason, lines } = await bench.run(`${roles}
tasks:
- exec:
    client.0: [echo before, exit 3, echo after]
    client.1: [echo elsewhere]
`);
    expect(status).toBe('fail');
    expect(failureReason).toBe(
      `Command failed on target1 with status 3: "sudo TESTDIR=${bench.hosts.endpoints[0]?.home}/cephtest bash -c 'exit 3'"`,
    );
    const output = lines.filter((line) => /stdout:(before|after|elsewhere)/.test(line));
    expect(output).toEqual(['INFO:teuthology.orchestra.run.target1.stdout:before']);
  });

  test.each([
    ['all', ['target1', 'target1', 'target2', 'target2']],
    ['all-roles', ['target1', 'target1', 'target2', 'target2']],
    ['all-hosts', ['target1', 'target2']],
  ])('%s alone stands for many', async (wildcard, hosts) => {
    const { lines } = await bench.run(`${roles}\ntasks:\n- exec: {${wildcard}: echo on $(hostname)}\n`);
    expect(lines.flatMap((line) => /\.stdout:on (.*)/.exec(line)?.[1] ?? [])).toEqual(hosts);
  });

  test('puts host names in the place of roles, and leaves other braces alone', async () => {
    const { status, lines } = await bench.run(`${roles}
tasks:
- exec:
    client.0:
    - 'echo {client.1} {node.a} {node.z} \${node.b} "{ print }" {1..3}; true'
    - 'echo {client.0}'
`);
    expect(status).toBe('fail'); // bash itself refuses the variable \${node.b}
    expect(lines).toContain(
      "WARNING:teuthology.task.exec:'{node.z}' names no role of this job and stays as it is",
    );
    const echoed = lines.find((line) => line.includes("bash -c 'echo"));
    expect(echoed).toContain('echo target2 target1 {node.z} ${node.b} "{ print }" {1..3}; true');
  });

  test.each([
    [
      '{}',
      "exec: its config must be a map from roles to shell commands, such as {client.0: ['uptime']}, not the map {}",
    ],
    ['[ls]', 'exec: its config must be a map from roles to shell commands'],
    ['{client.0: [[ls]]}', `exec: 'client.0[0]' must be a shell command, not the list ["ls"]`],
    ['{all: [ls], client.0: [ls]}', "exec: its config must be 'all' alone or only roles"],
    ['{client.7: [ls]}', 'client.7'],
  ])('refuses the config %s', async (config, sentence) => {
    const { status, failureReason } = await bench.run(`${roles}\ntasks:\n- exec: ${config}\n`);
    expect(status).toBe('fail');
    expect(failureReason).toContain(sentence);
  });
});
