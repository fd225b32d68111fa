import { z } from 'zod';

/** What `ceph status` says that waiting depends on. */
export interface CephStatus {
  readonly health: string; // HEALTH_OK, ...
  readonly checks: readonly string[]; // what is wrong, as Ceph words it
  readonly quorum: readonly string[];
  readonly mons: number;
  readonly osds: { readonly all: number; readonly up: number; readonly in: number };
  readonly managerAvailable: boolean;
  readonly pgs: { readonly all: number; readonly clean: number; readonly states: string };
  readonly mds: { readonly active: number; readonly wanted: number };
}

const schema = z.object({
  health: z.object({
    status: z.string(),
    checks: z.record(z.string(), z.object({ summary: z.object({ message: z.string() }) })).default({}),
  }),
  quorum_names: z.array(z.string()),
  monmap: z.object({ num_mons: z.number() }),
  osdmap: z.object({ num_osds: z.number(), num_up_osds: z.number(), num_in_osds: z.number() }),
  pgmap: z.object({
    num_pgs: z.number().default(0),
    pgs_by_state: z.array(z.object({ state_name: z.string(), count: z.number() })).default([]),
  }),
  mgrmap: z.object({ available: z.boolean().default(false) }),
  fsmap: z
    .object({ max: z.number().default(0), by_rank: z.array(z.object({ status: z.string() })).default([]) })
    .default({ max: 0, by_rank: [] }),
});

/** Reads the JSON of `ceph status`. */
export function readStatus(text: string): CephStatus {
  const { health, quorum_names, monmap, osdmap, pgmap, mgrmap, fsmap } = schema.parse(JSON.parse(text));
  const states = pgmap.pgs_by_state.map(({ state_name, count }) => `${count} ${state_name}`).join(', ');
  return {
    health: health.status,
    checks: Object.entries(health.checks).map(([name, { summary }]) => `${name}: ${summary.message}`),
    quorum: quorum_names,
    mons: monmap.num_mons,
    osds: { all: osdmap.num_osds, up: osdmap.num_up_osds, in: osdmap.num_in_osds },
    managerAvailable: mgrmap.available,
    pgs: {
      all: pgmap.num_pgs,
      clean: pgmap.pgs_by_state
        .filter(({ state_name }) => /^active\+clean(\+|$)/.test(state_name))
        .reduce((sum, { count }) => sum + count, 0),
      states,
    },
    mds: {
      active: fsmap.by_rank.filter(({ status }) => status.startsWith('up:active')).length,
      wanted: fsmap.max,
    },
  };
}

/**
 * What still keeps a cluster from being healthy, one sentence each; empty when it is. HEALTH_OK alone is not enough: it is also
 * said while placement groups are being created and while no manager reports.
 */
export function unhealthy(status: CephStatus): string[] {
  const { osds, pgs, mds } = status;
  return [
    ...(osds.up < osds.all ? [`${osds.up} of ${osds.all} OSDs are up`] : []),
    ...(status.managerAvailable ? [] : ['no manager is available']),
    ...(pgs.clean < pgs.all
      ? [`of ${pgs.all} placement groups ${pgs.clean} are active+clean (${pgs.states})`]
      : []),
    ...(mds.active < mds.wanted ? [`${mds.active} of ${mds.wanted} metadata servers are active`] : []),
    ...(status.health === 'HEALTH_OK' ? [] : [`${status.health} (${status.checks.join('; ')})`]),
  ];
}
