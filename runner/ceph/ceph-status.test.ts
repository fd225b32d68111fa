import { describe, expect, test } from 'vitest';
import { readStatus, unhealthy } from './ceph-status.ts';

/** The parts of `ceph status --format json` that matter, of a healthy cluster with two OSDs and a file system. */
function status(change: object = {}): string {
  return JSON.stringify({
    fsid: 'f',
    health: { status: 'HEALTH_OK', checks: {}, mutes: [] },
    quorum_names: ['a'],
    monmap: { epoch: 1, num_mons: 1 },
    osdmap: { epoch: 9, num_osds: 2, num_up_osds: 2, num_in_osds: 2 },
    pgmap: {
      num_pgs: 9,
      pgs_by_state: [
        { state_name: 'active+clean', count: 8 },
        { state_name: 'active+clean+scrubbing', count: 1 },
      ],
    },
    fsmap: {
      epoch: 4,
      max: 1,
      in: 1,
      up: 1,
      by_rank: [{ rank: 0, name: 'x', status: 'up:active' }],
      'up:standby': 0,
    },
    mgrmap: { available: true },
    ...change,
  });
}

describe('whether a cluster is healthy', () => {
  test('nothing is missing when manager, placement groups, metadata servers and health agree', () => {
    expect(unhealthy(readStatus(status()))).toEqual([]);
  });

  test.each([
    [{ mgrmap: { available: false } }, 'no manager is available'],
    [
      { pgmap: { num_pgs: 9, pgs_by_state: [{ state_name: 'unknown', count: 9 }] } },
      'of 9 placement groups 0 are active+clean (9 unknown)',
    ],
    [{ osdmap: { num_osds: 2, num_up_osds: 1, num_in_osds: 2 } }, '1 of 2 OSDs are up'],
    [{ fsmap: { max: 1, by_rank: [] } }, '0 of 1 metadata servers are active'],
    [
      {
        health: {
          status: 'HEALTH_WARN',
          checks: { OSD_DOWN: { severity: 'HEALTH_WARN', summary: { message: '1 osds down', count: 1 } } },
        },
      },
      'HEALTH_WARN (OSD_DOWN: 1 osds down)',
    ],
  ])('%j alone keeps it from that', (change, sentence) => {
    expect(unhealthy(readStatus(status(change)))).toEqual([sentence]);
  });

  test('a new cluster without pools and maps is read too', () => {
    const { pgs, managerAvailable, mds } = readStatus(status({ pgmap: {}, mgrmap: {}, fsmap: {} }));
    expect([pgs.all, managerAvailable, mds.wanted]).toEqual([0, false, 0]);
  });
});
