const handedOn = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'DOCKER_HOST',
  'LOLIGO_CONFIG',
  'TEUTHOLOGY_CONFIG',
];

/** What runners get of the lab's environment: enough to find programs and keys, and nothing that was meant for the lab alone. */
export function runnerEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const set = handedOn.map((name) => [name, env[name]] as const);
  return Object.fromEntries(set.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
