#!/bin/sh
# adjust-ulimits COMMAND...
#
# Runs COMMAND with core files of any size and, as root, up to 65536 open files; on hosts that do not allow that, with as much as they do.

raise() {
  ulimit "$1" "$2" 2>/dev/null || ulimit "$1" "$(ulimit -H "$1")"
}
[ "$(id -u)" != 0 ] || raise -n 65536
raise -c unlimited
exec "$@"
