import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { createReporter } from '../../core/operations/report-runs.ts';
import type { Reporter, ReportPorts } from '../../core/operations/report-runs.ts';
import type { Archive } from '../../core/ports/archive.ts';
import type { Notifier } from '../../core/ports/notifier.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** What a lab reports with: real notes of what was sent, and a post office on the other side of a bad line. */
export function simReporter(
  world: World,
  lab: SimProcess,
  ports: Pick<ReportPorts, 'jobs' | 'log' | 'reports'>,
): Reporter {
  const mortal = true;
  const shelf = world.behindLine(lab, { port: { put: deafArchive.put }, prefix: 'archive', mortal });
  return createReporter({
    ...ports,
    clock: world.clock,
    yaml: pyYaml,
    archive: { ...deafArchive, put: (...file) => shelf.put(...file) },
    notifier: world.behindLine(lab, { port: postOffice(world), prefix: 'notifier', mortal }),
    pageUrl: () => null,
  });
}

/** Notes what it accepted; the replies get lost on the way like all others. */
function postOffice(world: World): Notifier {
  return {
    async send({ id }) {
      if (world.faults.hit('a mail is refused', 0.05)) throw new Error('451 try again later');
      world.history.note({ fact: 'mailed', id });
    },
  };
}

/** Nobody reads the files of a world. */
const deafArchive: Archive = {
  append: async () => undefined,
  put: async () => undefined,
  read: async () => null,
  list: async () => [],
  url: () => null,
};
