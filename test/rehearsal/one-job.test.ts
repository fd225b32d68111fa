import { expect, test } from 'vitest';
import { testAssembly } from '../fixtures/assembly.ts';
import { describeWith } from '../requirements.ts';
import { figures } from './figures.ts';
import { openRehearsal } from './rehearsal.ts';
import { until } from './smoke-scenario.ts';
import { jobOnce, queueShell } from './troubles.ts';

describeWith(['moto', 'sshd'], 'a lab made from the template', () => {
  test('takes a job from its submission to its archive, and no role does what it may not', async () => {
    const begun = performance.now();
    await using rehearsal = await openRehearsal(testAssembly(), 1);
    const { lab } = rehearsal;
    const opened = performance.now();
    expect((await fetch(`${lab.url}/v1/suites`, { method: 'POST', body: '{}' })).status).toBe(403);
    const job = await jobOnce(rehearsal, await queueShell(rehearsal, 'one', 'echo on a real node'), 'pass');
    const log = await rehearsal.read(job.log_url ?? '');
    expect(log).toMatchObject({
      status: 200,
      text: expect.stringMatching(/stdout:on a real node[\s\S]*:pass\n$/),
    });
    await lab.tasks.all[0]?.ended;
    expect(await rehearsal.read(job.log_url ?? '')).toEqual(log); // by then it is one object
    await until('the run is reported on', rehearsal, async () => {
      const { status, text } = await rehearsal.read(job.archive_url?.replace(/\d+\/$/, 'junit.xml') ?? '');
      return status === 200 && text.includes('tests="1"');
    });
    expect(lab.ledger.troubles).toEqual([]);
    const over = performance.now();
    console.log(figures(lab, { jobs: 1, openMs: opened - begun, scenarioMs: over - opened }).join('\n'));
  });
});
