import type { WorldEvent } from './history.ts';
import { isFinal } from '../../core/results/job-state.ts';
import { attemptId, breach, isWorkers } from './model.ts';
import type { Model, NodeModel } from './model.ts';

/** What one that wakes may take to learn that its lease is over. */
const wakingMs = 20_000;

/** Judges what happened to nodes and runners themselves, as opposed to what the stores say about them. */
export function judgeFact(model: Model, { at, fact }: WorldEvent): void {
  switch (fact.fact) {
    case 'effect':
      return judgeEffect(model, { ...fact, at });
    case 'used':
    case 'tidied':
      for (const name of fact.nodes) {
        const node = model.nodes.get(name);
        if (node?.grant?.lockId !== fact.lockId) continue; // a person who does not look is no breach of the lab's
        node.dirt = fact.fact === 'used' ? fact.lockId : null;
      }
      return;
    case 'cleaned': {
      const node = model.nodes.get(fact.node);
      if (node === undefined) return;
      if (node.grant !== null) {
        const text = `the provider wiped node ${fact.node} for fence ${fact.fence} while ${node.grant.lockId} holds it`;
        breach(model, { law: 'L3', at, text, nodes: [fact.node] });
      }
      node.dirt = null;
      return;
    }
    case 'runner-gone':
    case 'silent':
    case 'speaks': {
      if (fact.fact === 'speaks') model.woken.set(fact.runner, at);
      if (fact.fact === 'speaks') model.gone.delete(fact.runner);
      else model.gone.add(fact.runner);
      const job = model.jobs.get(fact.jobId);
      if (job === undefined || job.fence !== fact.fence) return;
      if (job.runner !== fact.runner) return;
      job.goneAt = fact.fact === 'speaks' ? null : at;
      // Nobody but its lease tells of a runner that a worker has started.
      job.silent = fact.fact === 'silent' || isWorkers(fact.runner);
      return;
    }
    case 'lab-up':
    case 'lab-down':
      model.labUp = fact.fact === 'lab-up';
      if (model.labUp) model.labStarts += 1;
      return;
    case 'paused':
      if (fact.until === 0) model.pauses.delete(fact.machineType);
      else model.pauses.set(fact.machineType, { since: at, until: fact.until });
      return;
    case 'workers-wait':
    case 'no-worker-waits': {
      const labs = new Set(model.workers.get(fact.machineType));
      if (fact.fact === 'workers-wait') labs.add(fact.lab);
      else labs.delete(fact.lab);
      model.workers.set(fact.machineType, labs);
      return;
    }
    case 'mailed':
      return judgeMail(model, { id: fact.id, at });
    case 'clock-jump':
      return;
    default:
      fact satisfies never;
  }
}

function judgeEffect(
  model: Model,
  effect: {
    jobId: number;
    fence: number;
    runner: string;
    nodes: readonly string[];
    leavesDirt: boolean;
    at: number;
  },
): void {
  const { jobId, fence, runner, at } = effect;
  const job = model.jobs.get(jobId);
  const id = attemptId({ jobId, fence });
  const actor = `${id} (${runner})`;
  const found = (law: string, text: string) =>
    breach(model, { law, at, text, job: jobId, nodes: effect.nodes });
  if (job === undefined) return found('L5', `${actor} had effects for a job that was never accepted`);
  if (job.effectsOf !== null && job.effectsOf !== actor)
    found('L5', `job ${jobId} has effects of ${actor} after those of ${job.effectsOf}`);
  job.effectsOf = actor;
  for (const name of effect.nodes) {
    const node = model.nodes.get(name);
    if (node === undefined) continue;
    if (node.grant?.lockId !== id && !isLateTouch(model, { runner, node, at }))
      found('L1', `${actor} acted on node ${name}, which ${node.grant?.lockId ?? 'nobody'} holds`);
    node.dirt = effect.leavesDirt ? actor : null;
  }
}

/**
 * Whether a runner that stood still far away touches a node in the moment in which it wakes, before it learns that its time is over.
 * Nobody can keep it from that; so the node must be in nobody's hands before it has been made as new.
 */
function isLateTouch(
  model: Model,
  { runner, node, at }: { runner: string; node: NodeModel; at: number },
): boolean {
  const wokeAt = model.woken.get(runner);
  const inNoHands = node.grant === null && node.state !== 'free';
  return isWorkers(runner) && inNoHands && wokeAt !== undefined && at - wokeAt < wakingMs;
}

/** The mail about a run comes when all of its jobs have ended, and may come again (L4). */
function judgeMail(model: Model, { id, at }: { id: string; at: number }): void {
  model.mails.set(id, (model.mails.get(id) ?? 0) + 1);
  const run = resultsOf(id);
  const open = [...model.jobs.values()].find((job) => job.run === run && !isFinal(job.status));
  if (open === undefined) return;
  breach(model, {
    law: 'L4',
    at,
    text: `run ${run} was mailed as over while job ${open.jobId} was ${open.status}`,
    job: open,
  });
}

function resultsOf(id: string): string | null {
  return id.startsWith('results ') ? id.slice('results '.length) : null;
}
