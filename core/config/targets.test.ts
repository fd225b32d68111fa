import { describe, expect, test } from 'vitest';
import { TargetError, bindRoles, canonicalTarget, parseTargets, shortname, targetEntry } from './targets.ts';

const lab = { labDomain: 'front.sepia.example', defaultUser: 'ubuntu' };
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA';

describe('the full name of a target', () => {
  test.each([
    ['smithi001', 'ubuntu@smithi001.front.sepia.example'],
    ['root@smithi001', 'root@smithi001.front.sepia.example'],
    ['smithi001.front.sepia.example', 'ubuntu@smithi001.front.sepia.example'],
    ['host07.example.com', 'ubuntu@host07.example.com'],
    ['192.168.0.7', 'ubuntu@192.168.0.7'],
    ['ubuntu@fd00::7', 'ubuntu@fd00::7'],
  ])('%s is %s', (name, full) => {
    expect(canonicalTarget(name, lab)).toBe(full);
  });

  test('without a lab domain is the name with its user', () => {
    expect(canonicalTarget('node1')).toBe('ubuntu@node1');
  });

  test('has a short name up to the first dot, and addresses stay whole', () => {
    expect(shortname('ubuntu@host07.example.com')).toBe('host07');
    expect(shortname('ubuntu@192.168.0.7')).toBe('192.168.0.7');
    expect(shortname('fd00::7')).toBe('fd00::7');
  });
});

describe('reading targets', () => {
  test('takes a host key, or null for none', () => {
    expect(parseTargets({ 'ubuntu@a.example': key, b: null })).toEqual([
      {
        name: 'ubuntu@a.example',
        user: 'ubuntu',
        hostname: 'a.example',
        shortname: 'a',
        address: 'a.example',
        port: 22,
        hostKey: key,
        identityFile: null,
      },
      expect.objectContaining({ name: 'ubuntu@b', hostKey: null }),
    ]);
  });

  test('takes an address for hosts that are elsewhere', () => {
    const [target] = parseTargets({
      'root@node1': { address: '127.0.0.1', port: 2201, key, identity: '/keys/id' },
    });
    expect(target).toMatchObject({
      name: 'root@node1',
      address: '127.0.0.1',
      port: 2201,
      hostKey: key,
      identityFile: '/keys/id',
    });
  });

  test('writes what it would read, in the short form where that is enough', () => {
    const entries = {
      'ubuntu@a': key,
      'ubuntu@b': null,
      'ubuntu@c': { address: '::1', port: 2222, key: null, identity: '/k' },
    };
    const written = Object.fromEntries(
      parseTargets(entries).map((target) => [target.name, targetEntry(target)]),
    );
    expect(written).toEqual(entries);
  });

  test.each([
    [['a', 'b'], 'targets must be a map of user@host to host key'],
    [
      { 'ubuntu@a': 'justoneword' },
      `the host key of 'ubuntu@a' must be "<key type> <base64>", found "justoneword"`,
    ],
    [{ 'ubuntu@a': 7 }, `the host key of 'ubuntu@a' must be "<key type> <base64>", found 7`],
    [
      { 'ubuntu@a': { prot: 22 } },
      "target 'ubuntu@a' has the key 'prot', which is none of address, port, key, identity",
    ],
    [{ 'ubuntu@a': { port: 70000 } }, "port of target 'ubuntu@a' must be 1 to 65535, found 70000"],
    [{ 'ubuntu@a': { address: '' } }, `address of target 'ubuntu@a' must be text, found ""`],
    [{ 'ubuntu@': null }, "'ubuntu@' is not user@host"],
    [{ 'ubuntu@a b': null }, "'ubuntu@a b' is not user@host"],
    [{ 'ubuntu@../x': null }, "'ubuntu@../x' is not user@host"],
    [{ 'ubuntu@a': null, a: null }, "target 'ubuntu@a' is listed twice"],
  ])('refuses %j', (targets, sentence) => {
    expect(() => parseTargets(targets)).toThrow(TargetError);
    expect(() => parseTargets(targets)).toThrow(sentence);
  });
});

describe('binding roles', () => {
  const targets = parseTargets({ a: null, b: null, c: null });

  test('gives the i-th list to the i-th target and leaves out the rest', () => {
    const bound = bindRoles([['mon.a'], ['client.0']], targets);
    expect(bound.map(({ target, roles }) => [target.name, roles])).toEqual([
      ['ubuntu@a', ['mon.a']],
      ['ubuntu@b', ['client.0']],
    ]);
  });

  test('needs a target for each list', () => {
    expect(() => bindRoles([['a.0'], ['a.1'], ['a.2'], ['a.3']], targets)).toThrow(
      '4 targets are needed for all roles but found 3 listed.',
    );
  });

  test('without roles gives every target its own name', () => {
    expect(bindRoles(null, targets).map(({ roles }) => roles)).toEqual([
      ['ubuntu@a'],
      ['ubuntu@b'],
      ['ubuntu@c'],
    ]);
  });
});
