#!/bin/sh
# daemon-helper SIGNAL [--kill-group] [--nostdin] COMMAND...
#
# Runs COMMAND in a session of its own with nothing on its standard input, and ends with its exit status. Standard input
# is the leash: when it ends (the caller closed it, or the connection was lost) COMMAND gets SIGNAL ('term' is SIGTERM,
# anything else SIGKILL), and an end by that signal is status 0. A byte on standard input is the number of a signal to
# pass on. With --kill-group signals go to everything that COMMAND started, and while any of that still runs after
# COMMAND itself, the helper stays. An end by any other signal is told on standard error and is status 1.
#
# Needs a POSIX shell, dd, od, tr, sleep and setsid. A shell sees a death by signal N as status 128+N, so that a command
# which exits with such a status by itself is taken for killed.

# Every process of session $1. A process that left the process group (timeout does) is still in the session.
members() {
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    # After the name, which is in parentheses and may hold anything: state, parent, group, session.
    set -- "$1" ${line##*) }
    [ "$5" != "$1" ] || [ "$2" = Z ] || { pid=${stat#/proc/}; echo "${pid%/stat}"; }
  done
}

# send NUMBER LEADER GROUP: one signal, to the leader or to all of its session.
send() {
  if [ "$3" = no ]; then
    kill "-$1" "$2" 2>/dev/null
    return
  fi
  # A child that has not reached setsid yet has no group of its own: then it is still alone.
  kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null
  # What is in other groups of the session, and again for what those started meanwhile.
  for round in 1 2 3; do
    left=$(members "$2")
    [ -n "$left" ] || return 0
    [ "$1" = 9 ] || [ "$round" = 1 ] || return 0
    for pid in $left; do
      # A leader that is leaving its group got the signal above already.
      [ "$1" = 9 ] || [ "$(group_of "$pid")" != "$2" ] || continue
      kill "-$1" "$pid" 2>/dev/null
    done
  done
}

group_of() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${line##*) }
  echo "$3"
}

# The watcher: a session of its own, so that it outlives a helper that is killed with its group, and ends the command then.
if [ "$1" = --watch ]; then
  signal=$2 leader=$3 group=$4
  while :; do
    byte=$(dd bs=1 count=1 2>/dev/null | od -An -td1 | tr -d ' \n')
    [ -n "$byte" ] || break
    [ "$byte" -lt 1 ] || send "$byte" "$leader" "$group"
  done
  # From here the end of the command is our doing: the helper must be able to see that in our status.
  trap '' TERM
  send "$signal" "$leader" "$group"
  exit 0
fi

fail() {
  echo "daemon-helper: $1" >&2
  exit 2
}

[ $# -ge 1 ] || fail 'usage: daemon-helper SIGNAL [--kill-group] [--nostdin] COMMAND...'
case $1 in term) signal=15 ;; *) signal=9 ;; esac
shift
group=no
leash=yes
while [ $# -gt 0 ]; do
  case $1 in
    --kill-group) group=yes ;;
    --nostdin | nostdin) leash=no ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || fail 'no command given'
command -v setsid >/dev/null || fail 'setsid (util-linux) is not installed on this host'

# A shell starts background commands with SIGINT and SIGQUIT ignored, which they could never undo themselves.
reset=
if env --default-signal=INT,QUIT true 2>/dev/null; then reset='env --default-signal=INT,QUIT'; fi

# The shell's own remarks about the end of the command ("Killed") are no output of it; ours go to 4.
exec 3<&0 4>&2 </dev/null 2>/dev/null
setsid $reset "$@" 3<&- 2>&4 4>&- &
leader=$!
watcher=
if [ "$leash" = yes ]; then
  setsid sh "$0" --watch "$signal" "$leader" "$group" <&3 >/dev/null 3<&- 4>&- &
  watcher=$!
fi
exec 3<&-

ours=no
trap 'ours=yes; send "$signal" "$leader" "$group"' HUP INT TERM
wait "$leader"
status=$?
if [ "$ours" = yes ]; then
  wait "$leader"
  status=$((128 + signal))
fi

if [ -n "$watcher" ]; then
  while [ "$group" = yes ] && [ "$ours" = no ] && kill -0 "$watcher" && [ -n "$(members "$leader")" ]; do
    sleep 0.2 || sleep 1
  done
  # A watcher that has not reached setsid yet has no group of its own.
  kill -TERM "-$watcher" || { kill -TERM "$watcher"; kill -TERM "-$watcher"; }
  wait "$watcher"
  [ $? -ne 0 ] || ours=yes
fi

[ "$ours" = yes ] && [ "$status" -eq $((128 + signal)) ] && exit 0
if [ "$status" -gt 128 ] && kill -l "$((status - 128))" >/dev/null; then
  echo "command crashed with signal $((status - 128))" >&4
  exit 1
fi
exit "$status"
