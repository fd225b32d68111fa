import { fakeSnapshots } from '../fixtures/fake-snapshots.ts';
import { unusedNode } from '../../core/locks/node.ts';
import { describeSnapshots } from './snapshots.ts';

const spec = {
  machineType: 'shelf',
  provider: 'fake',
  user: 'ubuntu',
  address: '127.0.0.1',
  port: 22,
  hostKey: 'ssh-ed25519 none',
  identityFile: null,
  arch: 'x86_64',
  osType: 'debian',
  osVersion: '12',
};

// What the runner is tested with must be like what it meets.
describeSnapshots({
  name: 'the fake of the tests',
  needs: [],
  async setup() {
    const fake = fakeSnapshots();
    const [one, other] = [unusedNode({ ...spec, name: 'one' }), unusedNode({ ...spec, name: 'other' })];
    return {
      snapshots: fake.snapshots,
      async clean(fence) {
        return [
          { ...one, ...fake.clean(one, fence) },
          { ...other, ...fake.clean(other, fence) },
        ];
      },
      async write({ name }, word) {
        const base = await fake.snapshots.systemOf(name === 'one' ? one : other);
        fake.systems.set(name, { base, word, home: word });
      },
      async read({ name }) {
        const { word, home } = fake.systems.get(name) ?? { word: '', home: '' };
        return { system: word, home };
      },
      dispose: async () => {},
    };
  },
});
