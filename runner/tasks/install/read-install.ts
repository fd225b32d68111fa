import { withInstallOverrides } from '../../../core/config/overrides.ts';
import type { JobDocument, PlainValue } from '../../engine/task.ts';
import { isConfigMap } from '../task-config.ts';
import { installArguments } from './install-arguments.ts';
import type { InstallConfig } from './install-arguments.ts';

/** The config of `install` with the overrides of its project merged over it. */
export function readInstall(job: JobDocument, config: PlainValue): InstallConfig {
  const named = isConfigMap(config) ? config['project'] : null;
  const project = typeof named === 'string' ? named : 'ceph';
  return installArguments.read(withInstallOverrides(job, project, config));
}
