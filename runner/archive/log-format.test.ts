import { describe, expect, test } from 'vitest';
import { consoleLine, fileLine } from './log-format.ts';
import { createJobLog } from './job-log.ts';
import { createMask } from './mask.ts';

const at = new Date(2026, 7, 20, 11, 41, 20, 7).getTime(); // local time

describe('log lines', () => {
  test('the file has ISO time with milliseconds, level, logger and message', () => {
    const record = {
      at,
      level: 'debug',
      logger: 'teuthology.orchestra.run.smithi041',
      message: '> sudo ls /',
    } as const;
    expect(fileLine(record)).toBe(
      '2026-08-20T11:41:20.007 DEBUG:teuthology.orchestra.run.smithi041:> sudo ls /\n',
    );
  });

  test('the console shows the milliseconds twice', () => {
    const record = { at, level: 'warn', logger: 'tasks.ceph', message: 'slow' } as const;
    expect(consoleLine(record)).toBe('2026-08-20 11:41:20,007.007 WARNING:tasks.ceph:slow\n');
  });

  test('further lines of a message carry no prefix', () => {
    const line = fileLine({
      at,
      level: 'info',
      logger: 'teuthology.run',
      message: 'Summary data:\nowner: me\n',
    });
    expect(line.split('\n')).toEqual([
      '2026-08-20T11:41:20.007 INFO:teuthology.run:Summary data:',
      'owner: me',
      '',
      '',
    ]);
  });

  test('records of different seconds and of the same second are told apart', () => {
    const time = (ms: number): string =>
      fileLine({ at: at + ms, level: 'info', logger: 'x', message: 'y' }).slice(11, 23);
    expect([time(0), time(992), time(993), time(0)]).toEqual([
      '11:41:20.007',
      '11:41:20.999',
      '11:41:21.000',
      '11:41:20.007',
    ]);
  });
});

describe('the job log', () => {
  const logged = (verbose: boolean): { file: string[]; shown: string[] } => {
    const file: string[] = [];
    const shown: string[] = [];
    const log = createJobLog({
      clock: { now: () => at },
      mask: createMask({ secrets: ['open sesame'], config: null }),
      file: (line) => file.push(line),
      console: (line) => shown.push(line),
      verbose,
    });
    log.child('teuthology.run').child('host').debug('say open sesame');
    log.child('tasks.x').info('plain');
    return { file, shown };
  };

  test('brings every record to the file, and debug records to the console only when verbose', () => {
    expect(logged(false).file).toHaveLength(2);
    expect(logged(false).shown).toHaveLength(1);
    expect(logged(true).shown).toHaveLength(2);
  });

  test('hides secrets on every way out', () => {
    const { file, shown } = logged(true);
    expect(file[0]).toContain('DEBUG:teuthology.run.host:say ********');
    expect(shown[0]).not.toContain('sesame');
  });
});
