import { expect, test } from 'vitest';
import { BrokenHostError, ConnectFailedError, HostKeyMismatchError } from '../remote/transport-errors.ts';
import { createHostFindings } from './host-findings.ts';

test('hosts that were reached work when the job came to a verdict, and are not spoken for when it is dead', () => {
  const findings = createHostFindings();
  findings.reached('a');
  findings.reached('b');
  findings.failed(new Error('a task failed'));
  expect(findings.close('fail')).toEqual([
    { host: 'a', kind: 'works' },
    { host: 'b', kind: 'works' },
  ]);
  expect(findings.close('dead')).toEqual([]);
});

test('the host of a lost connection is blamed, however deep it lies, and the first reason stays', () => {
  const findings = createHostFindings();
  findings.reached('b');
  findings.failed(new Error('task', { cause: new ConnectFailedError('a', 'no answer\nand more') }));
  findings.failed(new ConnectFailedError('a', 'no answer again'));
  expect(findings.close('dead')).toEqual([{ host: 'a', kind: 'failure', reason: 'no answer' }]);
});

test('a wrong host key, a broken disk and what a task has seen are certain, and say more than a lost connection', () => {
  const findings = createHostFindings();
  findings.failed(new ConnectFailedError('a', 'no answer'));
  findings.failed(new HostKeyMismatchError({ host: 'a', expected: 'x', offered: 'y', source: 'the job' }));
  findings.failed(new BrokenHostError('b', 'b cannot be written to'));
  findings.certain('c', 'its kernel complains');
  findings.failed(new ConnectFailedError('c', 'no answer'));
  expect(findings.close('pass').map((finding) => `${finding.host} ${finding.kind}`)).toEqual([
    'a certain',
    'b certain',
    'c certain',
  ]);
});
