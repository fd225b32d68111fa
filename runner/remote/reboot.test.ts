import { describe, expect, test } from 'vitest';
import { rebootHost } from './reboot.ts';
import type { RebootParams } from './reboot.ts';
import type { CommandResult, Remote } from './remote.ts';
import { NotConnectedError, ReconnectFailedError } from './transport-errors.ts';

/** A host that answers with the given boot marks in turn, and is unreachable where one is null. */
function fakeHost(
  marks: (string | null)[],
  shutdownStatus: number | null = 0,
): RebootParams & { commands: string[] } {
  const commands: string[] = [];
  const result: CommandResult = {
    host: 'h',
    command: '',
    label: null,
    exitStatus: 0,
    signal: null,
    stdout: '',
    stderr: '',
    durationMs: 0,
  };
  const run: Remote['run'] = async (command) => {
    commands.push(String(command));
    if (String(command).startsWith('sudo')) {
      if (shutdownStatus === null) throw new NotConnectedError('h');
      return { ...result, exitStatus: shutdownStatus };
    }
    return { ...result, stdout: marks.shift() ?? '' };
  };
  const reconnect: Remote['reconnect'] = async () => {
    if (marks[0] !== null) return;
    marks.shift();
    throw new ReconnectFailedError('h', new Error('refused'));
  };
  return { host: 'h', run, reconnect, commands, sleepFor: async () => {}, timeoutMs: 60_000 };
}

describe('a reboot', () => {
  test('is over when the host answers as another boot, not when the old one still does', async () => {
    const marks = ['old', 'old', null, null, 'new', 'never asked'];
    const host = fakeHost(marks);
    await rebootHost(host);
    expect(marks).toEqual(['never asked']);
    expect(host.commands).toContain('sudo shutdown -r now');
  });

  test('may take the connection with it', async () => {
    const marks = ['old', null, 'new'];
    await rebootHost(fakeHost(marks, null));
    expect(marks).toEqual([]);
  });

  test('that does not happen is an error that says what the host does instead', async () => {
    const same = Array.from({ length: 100 }, () => 'old');
    await expect(rebootHost(fakeHost(same))).rejects.toThrow(
      'h was told to reboot, and after 60 seconds it still runs as before',
    );
    const gone = ['old', ...Array.from({ length: 100 }, () => null)];
    await expect(rebootHost(fakeHost(gone))).rejects.toThrow('after 60 seconds it does not answer');
  });

  test('that the host refuses is an error at once', async () => {
    await expect(rebootHost(fakeHost(['old', 'new'], 1))).rejects.toThrow(
      "'sudo shutdown -r now' ended with 1 on h",
    );
  });
});
