/** How long a job would have its nodes, if it had them now. */
export interface Demand {
  readonly nodeCount: number;
  readonly endsAt: number; // epoch ms, expected
  readonly surelyEndsAt: number; // epoch ms, by its limit
}

/**
 * By number of nodes, the soonest ending job that could not have so many or fewer. A plan only ever takes nodes away, so what has
 * failed once fails again for every job that wants as many or more for as long or longer.
 */
export interface Refused {
  readonly endsAt: number[];
  readonly surelyEndsAt: number[];
}

export function newRefused(): Refused {
  return { endsAt: [Infinity], surelyEndsAt: [Infinity] };
}

export function wasRefused({ endsAt, surelyEndsAt }: Refused, demand: Demand): boolean {
  const index = Math.min(demand.nodeCount, endsAt.length - 1);
  return (
    demand.endsAt >= (endsAt[index] ?? Infinity) && demand.surelyEndsAt >= (surelyEndsAt[index] ?? Infinity)
  );
}

/** Notes what could not be had. `byLimit` = a node was refused because the job's limit, not its expected end, was too late. */
export function refuse({ endsAt, surelyEndsAt }: Refused, demand: Demand, byLimit: boolean): void {
  const surely = byLimit ? demand.surelyEndsAt : -Infinity;
  while (endsAt.length <= demand.nodeCount) {
    endsAt.push(endsAt.at(-1) ?? Infinity);
    surelyEndsAt.push(surelyEndsAt.at(-1) ?? Infinity);
  }
  for (let count = demand.nodeCount; count < endsAt.length; count++) {
    // Of two that say different things, one is enough: this is only a memory that saves time.
    if (demand.endsAt > (endsAt[count] ?? Infinity) || surely > (surelyEndsAt[count] ?? Infinity)) continue;
    endsAt[count] = demand.endsAt;
    surelyEndsAt[count] = surely;
  }
}
