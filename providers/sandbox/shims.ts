import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where commands are looked for on a sandbox node, after its own `bin`. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Writes the programs that stand before the machine's own in a node's PATH. */
export async function writeShims(bin: string, params: { name: string; user: string }): Promise<void> {
  const programs = { sudo: sudo(params), hostname: hostname(params.name) };
  for (const [program, text] of Object.entries(programs)) {
    await writeFile(join(bin, program), text);
    await chmod(join(bin, program), 0o755);
  }
}

/** `sudo` without privileges: runs the command as the same user, with the options that tests give to the real one. */
function sudo({ name, user }: { name: string; user: string }): string {
  return `#!/bin/sh
# Stands for sudo on sandbox node ${name}: runs the command as ${user}.
refuse() { echo "sudo: $1" >&2; exit 1; }
check_user() {
  case "$1" in
    root | '#0' | ${user} | "#$(id -u)") ;;
    *) refuse "this sandbox node has only the user ${user}; it cannot become '$1'" ;;
  esac
}
login=
while [ $# -gt 0 ]; do
  case "$1" in
    --) shift; break ;;
    -u | --user | -[nEHSPkA]*u) [ $# -gt 1 ] || refuse "option '$1' needs a user"; check_user "$2"; shift 2 ;;
    --user=*) check_user "\${1#--user=}"; shift ;;
    -u?*) check_user "\${1#-u}"; shift ;;
    -g | --group | -p | --prompt | -C | -h | --host) [ $# -gt 1 ] || refuse "option '$1' needs a value"; shift 2 ;;
    -i | --login | -s | --shell) login=yes; shift ;;
    -k | -K | -v | --validate | --reset-timestamp) shift; [ $# -gt 0 ] || exit 0 ;;
    --non-interactive | --preserve-env | --preserve-env=* | --set-home | --stdin) shift ;;
    -*[!nEHSPkA-]*) refuse "option '$1' is not known on a sandbox node" ;;
    -*) shift ;;
    [!/]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
if [ "$login" ]; then
  [ $# -gt 0 ] || exec "\${SHELL:-/bin/sh}"
  exec "\${SHELL:-/bin/sh}" -c '"$@"' sudo "$@"
fi
[ $# -gt 0 ] || refuse 'usage: sudo [-nEH] [-u user] [VAR=value] command [argument ...]'
exec "$@"
`;
}

function hostname(name: string): string {
  return `#!/bin/sh
# Stands for hostname on a sandbox node, which shares the machine's real name with its neighbours.
for word in "$@"; do
  case "$word" in
    -I | --all-ip-addresses | -i | --ip-address) echo 127.0.0.1; exit 0 ;;
    -d | --domain | -y | --yp | --nis) echo; exit 0 ;;
    -*) ;;
    *) echo "hostname: the name of a sandbox node cannot be changed to '$word'" >&2; exit 1 ;;
  esac
done
echo ${name}
`;
}
