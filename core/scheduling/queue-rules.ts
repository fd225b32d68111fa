import type { OwnerQuota } from './owner-quota.ts';

/** What a lab lays down about who gets nodes, beside priorities. */
export interface QueueRules {
  readonly reserveMachines: number; // nodes of each machine type that jobs leave for people
  readonly quota: OwnerQuota | null; // null = everybody may have all
  readonly fairShare: boolean; // among equal priorities, who has fewer nodes goes first
  /** How long a job may be passed over by others that only hope to be gone in time, or by fair share. */
  readonly patienceMs: number;
}

/** The rules of a lab without settings. */
export const usualRules: QueueRules = {
  reserveMachines: 0,
  quota: null,
  fairShare: false,
  patienceMs: 24 * 3_600_000,
};
