import { expect, test } from 'vitest';
import { ansibleFailures, AnsibleFailedError } from './ansible-failures.ts';

test('the reasons of all hosts are collected, each once', () => {
  const log = `---
host1.lab:
  msg: No package matching 'cephh' is available
---
host2.lab:
  msg: No package matching 'cephh' is available
---
host3.lab:
  stderr_lines:
  - "Warning: Permanently added '10.0.0.1' (ED25519) to the list of known hosts."
  - "[WARNING]: something is deprecated"
  - ""
  - the disk is full
  msg: non-zero return code
`;
  const failures = ansibleFailures(log);
  expect(failures).toEqual(["No package matching 'cephh' is available", 'the disk is full']);
  expect(new AnsibleFailedError(failures).message).toBe(
    "No package matching 'cephh' is available\nthe disk is full",
  );
});

test('each round of a task that loops counts', () => {
  const log = JSON.stringify({
    host1: { msg: 'one or more items failed', results: [{ msg: 'first' }, { err: 'second' }] },
  });
  expect(ansibleFailures(log)).toEqual(['first', 'second']);
});

test('what differs from run to run is taken out', () => {
  const log =
    'h: {msg: "2026-01-02 03:04:05.678 cannot read /tmp/ansible.x1/f of ansible-tmp-1760.5-12-345"}';
  expect(ansibleFailures(log)).toEqual(['<time> cannot read /tmp/.../f of ansible-tmp-...']);
});

test('a host that failed twice in one document without separators gives its last reason', () => {
  expect(ansibleFailures('h: {msg: first}\nh: {msg: second}\n')).toEqual(['second']);
});

test.each([
  [''],
  ['{ broken'],
  ['just text'],
  ['- a list'],
  ['h: null'],
  ['h: {changed: false}'],
  ['h: {results: [null, 1]}'],
])('a log that says nothing (%j) gives no reasons', (log) => {
  expect(ansibleFailures(log)).toEqual([]);
});
