import { describe, expect, test } from 'vitest';
import { makeConf, printConf, settingOf } from './ceph-conf.ts';

const identity = { fsid: 'f', mon_host: 'h' };

describe('a ceph.conf', () => {
  test('has the settings of the job over those of the template, however their names are spelt', () => {
    const conf = makeConf({
      identity,
      given: { osd: { 'osd objectstore': 'memstore' }, global: { 'osd-pool-default-size': 3 } },
    });
    expect(settingOf(conf, { type: 'osd', id: '0' }, 'osd_objectstore')).toBe('memstore');
    expect(settingOf(conf, { type: 'osd', id: '0' }, 'osd_pool_default_size')).toBe('3');
    expect(printConf(conf).match(/osd_objectstore/g)).toHaveLength(1);
  });

  test('a daemon of its own section sees that first', () => {
    const conf = makeConf({ identity, given: { 'osd.1': { osd_objectstore: 'memstore' } } });
    const store = (id: string): string | null => settingOf(conf, { type: 'osd', id }, 'osd_objectstore');
    expect([store('0'), store('1')]).toEqual(['bluestore', 'memstore']);
  });

  test('is printed as sections', () => {
    const text = printConf(makeConf({ identity, given: { 'client.rgw': { debug: true, empty: null } } }));
    expect(text).toMatch(/^\[global\]\n\tauth_cluster_required = cephx\n/);
    expect(text).toContain('\tfsid = f\n');
    expect(text).toContain('\n[client.rgw]\n\tdebug = true\n\tempty = \n');
  });

  test.each([
    [{ osd: 'fast' }, `ceph: 'conf.osd' must be a map from settings to values, not "fast"`],
    [
      { osd: { a: ['b'] } },
      `ceph: 'conf.osd.a' must be a text of one line, a number, true or false, not the list ["b"]`,
    ],
    [
      { osd: { a: 'b\n[mon]' } },
      `ceph: 'conf.osd.a' must be a text of one line, a number, true or false, not "b\\n[mon]"`,
    ],
  ])('refuses %j', (given, sentence) => {
    expect(() => makeConf({ identity, given })).toThrow(sentence);
  });
});
