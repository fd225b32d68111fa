import type { AttemptRef, Transition } from './job-store.ts';

/**
 * What jobs found out about their nodes, by which a broken node is told from an unlucky one. Only what counts is kept: the
 * findings of a node since it last served a job well.
 */
export interface NodeEvidence {
  /**
   * Adds what an attempt found out about its nodes; `works` takes away all that there was about a node. `stale`, with nothing
   * changed, unless the attempt is the job's latest and has not ended (L3). Nodes that are not the job's are left out. A second call
   * replaces what the job said about the node before.
   */
  report(attempt: AttemptRef, findings: readonly NodeFinding[], now: number): Promise<Transition>;
  /** Notes that the lab took a node out of use. Every call adds an entry: their number decides when it is tried again. */
  quarantined(entry: { node: string; reason: string; now: number }): Promise<void>;
  /** Forgets everything about a node: somebody vouches for it. A second call changes nothing. */
  clear(node: string): Promise<void>;
  /** What there is about a node, newest first, at most the newest 100 entries. */
  about(node: string): Promise<EvidenceEntry[]>;
}

/** What one attempt says about one of its nodes. */
export type NodeFinding =
  | { readonly node: string; readonly kind: 'works' }
  | {
      readonly node: string;
      readonly kind: 'failure' | 'certain'; // certain = needs no second witness
      readonly reason: string;
    };

/** One line of a node's record. */
export type EvidenceEntry =
  | {
      readonly kind: 'failure' | 'certain';
      readonly at: number; // epoch ms
      readonly reason: string;
      readonly run: string;
      readonly jobId: number;
    }
  | { readonly kind: 'quarantined'; readonly at: number; readonly reason: string };
