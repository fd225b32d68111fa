import { describeArchive } from '../../test/contract/archive.ts';
import { memoryArchive } from './archive.ts';

describeArchive({
  name: 'the template',
  setup: async () => ({
    archive: memoryArchive({ baseUrl: 'https://lab.example/archive/', now: Date.now }),
    unserved: memoryArchive({ baseUrl: null, now: Date.now }),
    close: async () => undefined,
  }),
});
