import { readFileSync } from 'node:fs';

const [reportFile = '', failedSteps = '0'] = process.argv.slice(2);
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

/** Tests that were stopped before their end leave no report. */
function readReport(): Report {
  const text = readFileSync(reportFile, 'utf8');
  return text === ''
    ? { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }
    : (JSON.parse(text) as Report);
}

const report = readReport();

// Beside the tests there are two steps: the checks, and the tests as a whole, which run both demos. A skipped test is a failure here.
const steps = Number(failedSteps);
const failed =
  report.numFailedTests + report.numPendingTests + (steps > 0 && report.numFailedTests === 0 ? steps : 0);
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && steps === 0 ? 0 : 1;
