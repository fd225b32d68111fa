import { quoteWord } from './quote.ts';

export interface KillParams {
  readonly pid: number; // of the command's shell
  readonly signal: 'TERM' | 'KILL' | 'INT' | 'HUP';
  readonly graceSeconds: number | null; // then SIGKILL; null = signal once and do not wait
}

/**
 * A command line that ends all processes of a command: those of the shell's session and process group, whatever groups they made
 * within it (`timeout` makes one), and all their descendants, also where these belong to root and sudo allows it. A process that left the session
 * and has lost its parent is a daemon by intent and stays. Exits with 0 once none is left. Needs Linux' /proc, awk and sleep.
 */
export function killScript(params: KillParams): string {
  return `exec sh -c ${quoteWord(script(params))}`;
}

function script({ pid, signal, graceSeconds }: KillParams): string {
  const once = `known=$(list); send ${signal}; exit 0`;
  const ladder = `known=$(list)
send ${signal}
gone ${Math.max(1, Math.ceil((graceSeconds ?? 0) * 10))} && exit 0
send KILL
gone 50 && exit 0
echo $known
exit 1`;
  return `known=
list() {
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v root=${pid} -v known="$known" '${victims}'
}
send() {
  denied=
  for each in $known; do kill -$1 \${each%:*} 2>/dev/null || denied="$denied \${each%:*}"; done
  [ -z "$denied" ] || sudo -n kill -$1 $denied >/dev/null 2>&1
}
gone() {
  tries=$1
  while [ $tries -gt 0 ]; do
    known=$(list)
    [ -n "$known" ] || return 0
    sleep 0.1
    tries=$((tries - 1))
  done
  return 1
}
${graceSeconds === null ? once : ladder}`;
}

/** Prints `pid:start-time` of each; the start time tells a process from a later one with the same number. */
const victims = `
{
  rest = $0
  sub(/^.*[)] /, "", rest)
  split(rest, field, " ")
  if (field[1] == "Z" || field[1] == "X") next
  parent[$1] = field[2]
  start[$1] = field[20]
  if ($1 == root || field[3] == root || field[4] == root) hit[$1] = 1
}
END {
  count = split(known, each, " ")
  for (i = 1; i <= count; i++) {
    split(each[i], part, ":")
    if ((part[1] in start) && start[part[1]] == part[2]) hit[part[1]] = 1
  }
  do {
    more = 0
    for (pid in parent) if (!(pid in hit) && (parent[pid] in hit)) { hit[pid] = 1; more = 1 }
  } while (more)
  for (pid in hit) printf "%s:%s ", pid, start[pid]
}`;
