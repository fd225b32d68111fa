import type { FinalStatus } from '../../core/results/job-state.ts';
import type { PlainValue } from '../../core/config/yaml-value.ts';

/** What becomes summary.yaml: the verdict, and whatever tasks add to it. */
export interface Summary {
  owner: string;
  description?: string;
  success: boolean;
  status?: FinalStatus; // only when set explicitly
  duration?: number; // seconds
  failure_reason?: string;
  [key: string]: PlainValue | undefined;
}
