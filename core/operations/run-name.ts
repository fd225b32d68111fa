export interface RunNameParts {
  readonly user: string; // login; what follows an `@` is left out
  readonly now: number; // epoch ms
  readonly suite: string;
  readonly branch: string;
  readonly kernel: string; // '-' = none
  readonly flavor: string;
  readonly machineType: string; // a comma list becomes `multi`
}

/** The name of a suite's run, as the original makes it: `user-YYYY-MM-DD_HH:MM:SS-suite-branch-kernel-flavor-machine`, in local time. */
export function runName(parts: RunNameParts): string {
  const machine = parts.machineType.includes(',') ? 'multi' : parts.machineType;
  const words = [
    loginOf(parts.user),
    timestamp(parts.now),
    parts.suite,
    parts.branch,
    parts.kernel,
    parts.flavor,
    machine,
  ];
  return words.join('-').replaceAll('/', ':');
}

/** The login in an owner such as `login@host`. */
export function loginOf(owner: string): string {
  return owner.split('@', 1)[0] ?? owner;
}

/** Local time as run names and job configs have it: `2026-01-02_03:04:05`. */
export function timestamp(now: number): string {
  const time = new Date(now);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day}_${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}

/** A name that cannot be a run's: it becomes a folder, a part of URLs, and a word on command lines. */
export class RunNameError extends Error {
  override readonly name = 'RunNameError';
  readonly run: string;
  constructor(run: string, reason: string) {
    super(`run name '${run}' ${reason}`);
    this.run = run;
  }
}

const longest = 200; // a folder's name has 255 bytes, and files beside it need some

/** Throws RunNameError for a name that is no safe folder name, or that reads as a job id. */
export function checkRunName(name: string): void {
  if (name === '') throw new RunNameError(name, 'is empty');
  if (name.length > longest) throw new RunNameError(name, `is longer than ${longest} characters`);
  if (/^\d+$/.test(name)) throw new RunNameError(name, 'is all digits, as job ids are');
  if (/^[.-]/.test(name)) throw new RunNameError(name, `begins with '${name[0]}'`);
  const bad = /[^\p{L}\p{N}._:+@=,~-]/u.exec(name);
  if (bad !== null) throw new RunNameError(name, `has the character ${JSON.stringify(bad[0])}`);
}
