import { isSameRole } from '../../core/config/roles.ts';
import type { Cluster } from '../remote/cluster.ts';

const placeholder = /(\$?)\{([A-Za-z][\w-]*\.[\w.-]+)\}/g;

/**
 * Puts host names in the place of `{role}`: `ping -c1 {mon.b}`. Only the names of the job's own roles count; anything else in
 * braces (shell variables, awk programs, a brace expansion) stays as it is. `unknown` is told of braces that look like a role and are none.
 */
export function fillRoles(command: string, cluster: Cluster, unknown: (role: string) => void): string {
  return command.replace(placeholder, (whole, dollar: string, role: string) => {
    if (dollar !== '') return whole;
    const host = cluster.hosts.find(({ roles }) => roles.some((each) => isSameRole(each, role)));
    if (host) return host.remote.hostname;
    unknown(role);
    return whole;
  });
}
