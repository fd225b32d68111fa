import { describe, expect, test } from 'vitest';
import {
  commandCanceledText,
  commandCrashedText,
  commandFailedText,
  commandTimedOutText,
  connectionLostText,
  pythonRepr,
  unitTestFailedText,
} from './failure-text.ts';

describe('the text of a failed command', () => {
  test.each([
    [
      { host: 'smithi001', command: 'sudo ls /nope', exitStatus: 2 },
      "Command failed on smithi001 with status 2: 'sudo ls /nope'",
    ],
    [
      { host: 'h', command: "bash -c 'exit 3'", exitStatus: 3, label: 'workunit test a/b.sh' },
      `Command failed (workunit test a/b.sh) on h with status 3: "bash -c 'exit 3'"`,
    ],
    [
      { host: 'h', command: `echo "a" 'b' `, exitStatus: 1 },
      `Command failed on h with status 1: 'echo "a" \\'b\\' '`,
    ],
    [
      { host: null, command: 'set -ex\nfalse', exitStatus: 1 },
      "Command failed with status 1: 'set -ex\\nfalse'",
    ],
  ])('%j', (failed, text) => {
    expect(commandFailedText(failed)).toBe(text);
  });

  test('of one that crashed, or whose connection was lost', () => {
    expect(commandCrashedText({ host: 'h', command: 'x' })).toBe("Command crashed: 'x'");
    expect(connectionLostText({ host: 'h', command: 'true' })).toBe("SSH connection to h was lost: 'true'");
    expect(connectionLostText({ host: null, command: 'true' })).toBe("SSH connection was lost: 'true'");
  });

  test('of one that was ended from this side', () => {
    const failed = { host: 'h', command: 'x', label: 'L' };
    expect(commandTimedOutText({ ...failed, afterMs: 1500 })).toBe(
      "Command timed out (L) on h after 1.5 seconds: 'x'",
    );
    expect(commandCanceledText(failed)).toBe("Command canceled (L) on h: 'x'");
  });

  test('of one whose test reports say why', () => {
    const findings = '(total 2 failed) FAILURE: Test `t` of `s`. Reason: boom.';
    expect(unitTestFailedText({ host: 'h', command: 'x', exitStatus: 1, findings })).toBe(
      `Unit test failed on h with status 1: '${findings}'`,
    );
  });
});

describe('quoting as Python does', () => {
  // The right sides were printed by Python 3.11.
  test.each([
    ['', "''"],
    ["it's", `"it's"`],
    [`both " and '`, `'both " and \\''`],
    ['a\\b\tc\rd\n', "'a\\\\b\\tc\\rd\\n'"],
    ['\u0000\u001b\u007f\u00a0\u00ad', "'\\x00\\x1b\\x7f\\xa0\\xad'"],
    ['grün 日本 🦑', "'grün 日本 🦑'"],
    ['\u2028\u200b\ufeff\u{e0001}', "'\\u2028\\u200b\\ufeff\\U000e0001'"],
  ])('%j', (text, repr) => {
    expect(pythonRepr(text)).toBe(repr);
  });
});
