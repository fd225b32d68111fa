import { expect, test } from 'vitest';
import { toPlain } from '../../core/config/yaml-value.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { cephArguments } from './ceph-config.ts';

test('the ceph task takes what every job of a suite says about the build', () => {
  const given = toPlain(
    pyYaml.parse(
      "{conf: {mgr: {debug ms: 1}}, flavor: default, log-ignorelist: ['\\(OSD_'], sha1: 0123456789abcdef0123456789abcdef01234567}",
    ),
  );
  expect(cephArguments.read(given)).toMatchObject({ cluster: 'ceph', flavor: 'default' });
});

test('the ceph task refuses a key that it does not know', () => {
  expect(() => cephArguments.read({ wait_for_healthy: true })).toThrow(
    "ceph: there is no key 'wait_for_healthy' in its config",
  );
});
