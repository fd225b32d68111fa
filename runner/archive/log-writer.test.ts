import { describe, expect, test } from 'vitest';
import { createLogWriter } from './log-writer.ts';

/** A fake archive file that can be told to fail. */
function fakeFile(): {
  text: string;
  writes: number;
  fail: boolean;
  append: (bytes: Uint8Array) => Promise<void>;
} {
  const file = {
    text: '',
    writes: 0,
    fail: false,
    append: async (bytes: Uint8Array) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (file.fail) throw new Error('disk full');
      file.writes++;
      file.text += Buffer.from(bytes).toString();
    },
  };
  return file;
}

describe('the log writer', () => {
  test('keeps order, and makes few writes of many lines', async () => {
    const file = fakeFile();
    const writer = createLogWriter({ append: file.append, warn: () => {} });
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}\n`);
    for (const line of lines) writer.write(line);
    await writer.flush();
    expect(file.text).toBe(lines.join(''));
    expect(file.writes).toBeLessThan(10);
  });

  test('writes by itself soon after a line', async () => {
    const file = fakeFile();
    createLogWriter({ append: file.append, warn: () => {}, maxDelayMs: 5 }).write('hello\n');
    await expect.poll(() => file.text).toBe('hello\n');
  });

  test('keeps what cannot be written, warns once, and writes it in order when the archive is back', async () => {
    const file = fakeFile();
    const warnings: string[] = [];
    const writer = createLogWriter({
      append: file.append,
      warn: (line) => warnings.push(line),
      maxDelayMs: 5,
    });
    file.fail = true;
    writer.write('one\n');
    await writer.flush();
    writer.write('two\n');
    await writer.flush();
    file.fail = false;
    writer.write('three\n');
    await writer.flush();
    expect(file.text).toBe('one\ntwo\nthree\n');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('disk full');
  });

  test('gives up the oldest lines beyond its backlog and says how much is missing', async () => {
    const file = fakeFile();
    const writer = createLogWriter({ append: file.append, warn: () => {}, maxBacklog: 100 });
    file.fail = true;
    for (let index = 0; index < 50; index++) writer.write(`line ${String(index).padStart(4, '0')}\n`);
    await writer.flush();
    file.fail = false;
    await writer.flush();
    const [, missing] = /^\((\d+) characters of log are missing here/.exec(file.text) ?? [];
    const kept = file.text.slice(file.text.indexOf('\n') + 1);
    expect(Number(missing) + kept.length).toBe(500);
    expect(kept.length).toBeLessThanOrEqual(150);
    expect(kept).toMatch(/^line .*line 0049\n$/s);
  });

  test('a warning that is itself logged does not end in a circle', async () => {
    const file = fakeFile();
    file.fail = true;
    const writer = createLogWriter({
      append: file.append,
      warn: (line) => writer.write(`${line}\n`),
      maxDelayMs: 5,
    });
    writer.write('one\n');
    await writer.flush();
    file.fail = false;
    await writer.flush();
    expect(file.text).toMatch(/^one\nthe log cannot be written/);
  });
});
