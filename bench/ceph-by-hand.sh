#!/usr/bin/env bash
# ceph-by-hand.sh IMAGE CONF: what a person would do with nothing but docker. Three containers of an image that has Ceph, on each a
# monitor and an OSD, a manager on the first; prints the seconds from nothing until all placement groups are active+clean, the manager is
# available and the cluster is HEALTH_OK. CONF is a ceph.conf with @FSID@ and @MON_HOST@. Steps that need not wait for each other do not.
set -euo pipefail
image=$1 conf=$2
name=loligo-by-hand-$$
begun=$(date +%s.%N)
clean_up() {
  docker rm -fv "$name-0" "$name-1" "$name-2" >/dev/null 2>&1 || true
  docker network rm "$name" >/dev/null 2>&1 || true
  rm -rf "/tmp/$name"
}
trap clean_up EXIT
mkdir "/tmp/$name"
on() { docker exec -i "$name-$1" sh -euc "PATH=\$PATH:/usr/sbin:/sbin; $2"; }
everywhere() {
  local host pids=()
  for host in 0 1 2; do "$1" $host & pids+=($!); done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

docker network create --label loligo.lab="$name" "$name" >/dev/null
start() { docker run -d --name "$name-$1" --hostname "host$1" --label loligo.lab="$name" --network "$name" --entrypoint sleep "$image" infinity >/dev/null; }
everywhere start
fsid=$(cat /proc/sys/kernel/random/uuid)
hosts='' adds=''
for host in 0 1 2; do
  ip=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$name-$host")
  hosts+="${hosts:+,}[v2:$ip:3300,v1:$ip:6789]"
  adds+=" --addv m$host [v2:$ip:3300,v1:$ip:6789]"
done
sed "s|@FSID@|$fsid|; s|@MON_HOST@|$hosts|" "$conf" >"/tmp/$name/ceph.conf"

on 0 "cd /tmp; ceph-authtool -C keyring --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *'
  ceph-authtool keyring --gen-key -n mgr.x --cap mon 'allow profile mgr' --cap osd 'allow *' --cap mds 'allow *'
  for id in 0 1 2; do ceph-authtool keyring --gen-key -n osd.\$id --cap mon 'allow profile osd' --cap mgr 'allow profile osd' --cap osd 'allow *'; done
  monmaptool --create --clobber --fsid $fsid $adds monmap" >/dev/null 2>&1
on 0 'cd /tmp; tar c keyring monmap' >"/tmp/$name/made.tar"

monitor() {
  docker cp -q "/tmp/$name/ceph.conf" "$name-$1:/etc/ceph/ceph.conf" 2>/dev/null || docker cp "/tmp/$name/ceph.conf" "$name-$1:/etc/ceph/ceph.conf" >/dev/null
  on "$1" 'cat >/tmp/made.tar' <"/tmp/$name/made.tar"
  on "$1" "cd /tmp; tar xf made.tar; cp keyring /etc/ceph/ceph.keyring; mkdir -p /var/run/ceph /var/lib/ceph/mon/ceph-m$1 /var/lib/ceph/osd/ceph-$1 /var/lib/ceph/mgr/ceph-x
    chmod 777 /var/run/ceph /var/log/ceph
    ceph-mon --mkfs -i m$1 --monmap monmap --keyring keyring && ceph-mon -i m$1"
}
everywhere monitor

uuids=($(cat /proc/sys/kernel/random/uuid) $(cat /proc/sys/kernel/random/uuid) $(cat /proc/sys/kernel/random/uuid))
quorum() {
  on 0 "printf 'mon stat\nosd new ${uuids[0]} 0\nosd new ${uuids[1]} 1\nosd new ${uuids[2]} 2\n' | ceph --connect-timeout 60
    ceph-authtool -C /var/lib/ceph/mgr/ceph-x/keyring --import-keyring /tmp/keyring; ceph-mgr -i x" >/dev/null
}
store() {
  on "$1" "cd /var/lib/ceph/osd/ceph-$1; ceph-authtool -C keyring --import-keyring /tmp/keyring
    ceph-osd --no-mon-config --mkfs -i $1 --osd-uuid ${uuids[$1]} --monmap /tmp/monmap --keyring keyring" >/dev/null 2>&1
}
quorum & asked=$!
everywhere store
wait $asked
osd() { on "$1" "ceph-osd -i $1" >/dev/null 2>&1; }
everywhere osd

on 0 'until ceph osd stat -f json | grep -q "\"num_up_osds\":3"; do sleep 0.2; done
  printf "osd pool create rbd 8\nosd pool application enable rbd rbd\n" | ceph' >/dev/null 2>&1
on 0 'for try in $(seq 300); do
    status=$(ceph -s -f json)
    pgs=$(echo "$status" | grep -oE "\"num_pgs\":[0-9]+" | grep -oE "[0-9]+$")
    clean=$(echo "$status" | grep -oE "\"active.clean\",\"count\":[0-9]+" | grep -oE "[0-9]+$" || true)
    if [ "${pgs:-0}" -gt 0 ] && [ "$pgs" = "$clean" ] && echo "$status" | grep -q HEALTH_OK && ceph mgr stat | grep -q "\"available\": true"; then exit 0; fi
    sleep 0.2
  done; ceph -s; exit 1' >&2
echo "$begun $(date +%s.%N)" | awk '{ printf "%.1f\n", $2 - $1 }'
