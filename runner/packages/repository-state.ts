import { createHash } from 'node:crypto';
import type { Remote } from '../remote/remote.ts';
import type { Repository } from './package-manager.ts';

/**
 * Prints, for each repository that apt uses and each that is named, the checksums of its lists of packages, as its index gives them
 * now: one request each, all at once, and nothing is changed on the host. Fails when one cannot be read.
 */
const script = `set -eo pipefail
arch=$(dpkg --print-architecture)
if [ -n "\${APT_CONFIG-}" ] || grep -rqs Proxy /etc/apt/apt.conf /etc/apt/apt.conf.d; then
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
fi
export http_proxy https_proxy
get() { curl -fsS --max-time 20 "$1"; }
offer() {
  echo "$1"
  if index=$(get "$1/InRelease" || get "$1/Release"); then
    printf '%s\\n' "$index" | grep -E "^ [0-9a-f]{64} +[0-9]+ (.*binary-($arch|all)/)?Packages$"
  else
    get "$1/Packages" | sha256sum
  fi
}
answers=$(mktemp -d)
trap 'rm -rf "$answers"' EXIT
place=100
while read -r base; do
  place=$((place + 1))
  { offer "\${base%/}" >"$answers/$place" || touch "$answers/failed"; } &
done < <({ apt-get indextargets --no-release-info --format '$(BASE_URI)' 'Created-By: Packages' 2>/dev/null; [ $# = 0 ] || printf '%s\\n' "$@"; } | sort -u)
wait
[ ! -e "$answers/failed" ]
cat "$answers"/*`;

/**
 * A digest of what the repositories of a Debian host, and some that are to be added, offer at this moment: while it stays the same, the same
 * packages get installed. null when it cannot be told, as on rpm distributions.
 */
export async function repositoryState(
  remote: Remote,
  added: readonly Repository[],
  signal: AbortSignal,
): Promise<string | null> {
  if ((await remote.os()).packageType !== 'deb') return null;
  const bases = added.map(({ url, suite }) =>
    suite === null ? url : `${url.replace(/\/+$/, '')}/dists/${suite}`,
  );
  const { exitStatus, stdout } = await remote.run(['bash', '-c', script, 'bash', ...bases], {
    check: false,
    collect: 'stdout',
    quiet: true,
    signal,
    label: 'what the repositories offer',
  });
  return exitStatus === 0 ? createHash('sha256').update(stdout).digest('hex') : null;
}
