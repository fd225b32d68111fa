#!/usr/bin/env bash
# install-by-hand.sh IMAGE: the least that a person would do to have a host with the packages of IMAGE, an image that has Ceph: a network, a
# container on it with sshd, the first command over OpenSSH, a look whether the packages are there, and everything away again. Prints the
# seconds of it all, and of the way to the first command.
set -euo pipefail
image=$1
name=loligo-by-hand-$$
folder=$(mktemp -d)
ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
begun=$(date +%s.%N)
clean_up() {
  docker rm -fv "$name" >/dev/null 2>&1 || true
  docker network rm "$name" >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean_up EXIT
docker network create --label loligo.lab="$name" "$name" >/dev/null
docker run -d --name "$name" --hostname host --label loligo.lab="$name" --network "$name" -p 127.0.0.1::22 -e KEY="$(cat "$folder/key.pub")" \
  --entrypoint /bin/sh "$image" -c 'mkdir -p /run/sshd /root/.ssh; echo "$KEY" >/root/.ssh/authorized_keys
    ssh-keygen -q -t ed25519 -N "" -f /run/key; exec /usr/sbin/sshd -D -e -h /run/key -o UseDNS=no' >/dev/null
port=$(docker port "$name" 22/tcp | head -n 1 | sed 's/.*://')
on() { ssh -q -i "$folder/key" -p "$port" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o KexAlgorithms=curve25519-sha256 root@127.0.0.1 "$1"; }
tries=0
until on true; do
  tries=$((tries + 1))
  [ $tries -lt 100 ]
  sleep 0.05
done
answered=$(date +%s.%N)
on 'dpkg-query -W ceph ceph-common >/dev/null && ceph --version >/dev/null'
docker rm -fv "$name" >/dev/null
docker network rm "$name" >/dev/null
echo "$begun $(date +%s.%N) $answered" | awk '{ printf "%.2f %.2f\n", $2 - $1, $3 - $1 }'
