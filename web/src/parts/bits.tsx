import type { ComponentChildren } from 'preact';
import type { LabError } from '../lab.ts';
import { ago, moment } from '../times.ts';

/** An instant: how long ago for the eye, in full for who points at it. */
export function When({ at, now }: { at: string | null; now: number }) {
  if (at === null) return <span class="dim">–</span>;
  return (
    <time dateTime={at} title={`${moment(at)} UTC`}>
      {ago(at, now)}
    </time>
  );
}

/** What is said when a page cannot show what it should. Old data may stand below it. */
export function Trouble({ error, stale }: { error: LabError | null; stale: boolean }) {
  if (error === null) return null;
  return (
    <p class="trouble" role="alert">
      {error.message} {stale ? 'What you see is from before; it is tried again.' : null}
    </p>
  );
}

/** A place where there is nothing, with what to do about it. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="nothing">{children}</p>;
}

/** Said while the first answer is on its way. */
export function Loading() {
  return (
    <p class="nothing loading" aria-busy="true">
      …
    </p>
  );
}

/** One fact in a list of them; left out where there is none. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === '') return null;
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The way up from here. */
export function Trail({ children }: { children: ComponentChildren }) {
  return <nav class="trail">{children}</nav>;
}
