import { XMLParser, XMLValidator } from 'fast-xml-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { junitXml } from './junit.ts';
import type { ResultJob } from './result-job.ts';

const run = { name: 'ann-smoke', suite: 'smoke', submittedAt: 0, infoUrl: null, logUrl: null };
const job: ResultJob = {
  jobId: 7,
  status: 'pass',
  description: 'smoke/{a b}',
  durationSeconds: 61.25,
  failureReason: null,
  infoUrl: null,
  logUrl: 'http://lab/archive/ann-smoke/7/',
};

/** What somebody else's parser reads. */
function read(xml: string) {
  expect(XMLValidator.validate(xml)).toBe(true);
  const options = { ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false };
  const isArray = (name: string) => name === 'testcase';
  return new XMLParser({
    ...options,
    isArray,
    trimValues: false,
    processEntities: true,
    htmlEntities: true,
  }).parse(xml);
}

describe('a run as JUnit XML', () => {
  test('tells a failed test from a lab that failed, and both from what is not over', () => {
    const { testsuites } = read(
      junitXml(run, [
        job,
        { ...job, jobId: 8, status: 'fail', failureReason: 'Command failed: "a" < b\nsecond' },
        { ...job, jobId: 9, status: 'dead', failureReason: 'SSH connection to x was lost', logUrl: null },
        { ...job, jobId: 10, status: 'queued', durationSeconds: null },
      ]),
    );
    const { testsuite } = testsuites;
    expect(testsuite).toMatchObject({
      name: 'ann-smoke',
      tests: '4',
      failures: '1',
      errors: '1',
      skipped: '1',
    });
    const [pass, fail, dead, queued] = testsuite.testcase;
    expect(pass).toMatchObject({ name: '7 smoke/{a b}', classname: 'smoke', time: '61.250' });
    expect(pass['system-out']).toBe('http://lab/archive/ann-smoke/7/');
    expect(fail.failure).toMatchObject({ message: 'Command failed: "a" < b', type: 'fail' });
    expect(fail.failure['#text']).toBe('Command failed: "a" < b\nsecond');
    expect(fail.error).toBeUndefined();
    expect(dead.error).toMatchObject({ type: 'dead', '#text': 'SSH connection to x was lost' });
    expect(dead.failure).toBeUndefined();
    expect(queued.skipped).toMatchObject({ message: 'queued' });
    expect(queued.time).toBeUndefined();
  });

  test('leaves out what XML cannot hold, and keeps the rest', () => {
    const nasty = `a\u0000b\u001b[31mc\ud800d\ufffee\u{1f600}]]>&amp;f`;
    const { testsuites } = read(junitXml(run, [{ ...job, status: 'fail', failureReason: nasty }]));
    expect(testsuites.testsuite.testcase[0].failure['#text']).toBe('ab[31mcde\u{1f600}]]>&amp;f');
  });

  test('is well formed whatever a job says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (failureReason, description) => {
        const xml = junitXml(run, [{ ...job, status: 'dead', failureReason, description }]);
        expect(XMLValidator.validate(xml)).toBe(true);
      }),
    );
  });
});
