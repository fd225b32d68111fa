#!/bin/sh
# stdin-killer [--timeout SECONDS] [--signal N] [--setpgrp no|self|child] [--debug FILE] [--verbose] COMMAND...
#
# Runs COMMAND and hands it what comes on standard input. When that ends (the caller closed it, or the connection was lost), or at
# a hang-up, COMMAND has SECONDS (5) left; then its process group and this program are ended by signal N (9). Otherwise the end
# is COMMAND's own, status or signal. --setpgrp says whose group that is: `self` (the default) is a new one of both, `child` a
# new one of COMMAND alone, `no` the caller's.
#
# Needs a POSIX shell, cat, mkfifo, mktemp, sleep and, unless --setpgrp is no, setsid.

timeout=5 signal=9 group=self debug=/dev/null
all() { for word; do printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done; }
words=$(all "$@")
while [ $# -gt 0 ]; do
  case $1 in
    --timeout) timeout=$2 && shift ;;
    --timeout=*) timeout=${1#*=} ;;
    --signal) signal=$2 && shift ;;
    --signal=*) signal=${1#*=} ;;
    --setpgrp) group=$2 && shift ;;
    --setpgrp=*) group=${1#*=} ;;
    --debug) debug=$2 && shift ;;
    --debug=*) debug=${1#*=} ;;
    --verbose) [ "$debug" != /dev/null ] || debug=/dev/stderr ;;
    --) shift && break ;;
    -*) echo "stdin-killer: there is no option $1" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
[ $# -gt 0 ] || { echo 'stdin-killer: no command given' >&2; exit 2; }
case $group in no | self | child) ;; *) echo "stdin-killer: --setpgrp is no, self or child, not $group" >&2 && exit 2 ;; esac
if [ "$group" = self ] && [ -z "$STDIN_KILLER_LEADS" ]; then
  STDIN_KILLER_LEADS=1 && export STDIN_KILLER_LEADS
  eval "exec setsid -w sh \"\$0\" $words"
fi
unset STDIN_KILLER_LEADS
say() { echo "stdin-killer: $1" >>"$debug"; }

folder=$(mktemp -d) || exit 1
mkfifo "$folder/in" || exit 1
exec 3<&0
own=
[ "$group" != child ] || own=setsid
# Both ends are opened before the folder goes; who opens first waits for the other.
$own "$@" <"$folder/in" 3<&- &
child=$! main=$$
hurry() {
  say "$1, $child has $timeout s left"
  sleep "$timeout"
  say "ending the group by signal $signal"
  rm -rf "$folder"
  [ "$group" != child ] || kill "-$signal" "-$child" 2>/dev/null
  [ "$group" = child ] || kill "-$signal" 0
  kill "-$signal" "$main"
}
{ cat <&3 >"$folder/in"; exec >/dev/null 2>&1 <&-; hurry 'standard input has ended'; } 2>/dev/null &
feeder=$!
exec 3<&-
trap 'hurry "hung up"' HUP
wait "$child"
status=$?
rm -rf "$folder"
say "the command has ended with status $status"
kill "$feeder" 2>/dev/null
if [ "$status" -gt 128 ] && kill -l "$((status - 128))" >/dev/null 2>&1; then
  trap - HUP
  kill "-$((status - 128))" $$
fi
exit "$status"
