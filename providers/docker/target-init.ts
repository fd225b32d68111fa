/** The login of a target, as the original's machines have it. */
export const targetUser = 'ubuntu';

/** A volume of each container's own: it outlives a restart, and is in no snapshot, so that no two nodes share a host key. */
export const hostKeyFolder = '/etc/loligo-host-key';
export const hostKeyFile = `${hostKeyFolder}/ssh_host_ed25519_key`;

/** Before the public host key, on a line of its own of a container's log. */
export const hostKeyWord = 'loligo-host-key:';

/**
 * What a target container runs as its first process, in any image that has sshd and sudo: clears what processes of an earlier
 * container left behind in a snapshot, makes the host key, which it prints, and the user with its authorized key, then becomes sshd. `docker logs` is
 * sshd's log. A job waits for this, so that it starts no program whose work is done or can be done by the shell: three in an image that
 * has the user.
 */
export const targetInit = `set -e
[ -e ${hostKeyFile} ] || {
  find /tmp /var/tmp /run -xdev -mindepth 1 \\( -path '/run/*' ! -type f ! -type s -o -delete \\) || true
  ssh-keygen -q -t ed25519 -N '' -f ${hostKeyFile}
}
read -r key <${hostKeyFile}.pub
echo "${hostKeyWord} $key"
[ -d /run/sshd ] || mkdir -m 755 /run/sshd
home_of_user() {
  while IFS=: read -r name password uid gid words home shell; do
    [ "$name" != "$LOLIGO_USER" ] || return 0
  done </etc/passwd
  return 1
}
home_of_user || { useradd -M -s /bin/bash "$LOLIGO_USER"; home_of_user; }
if [ -O "$home" ]; then
  cp -rn /etc/skel/. "$home" || true
  chown -R "$LOLIGO_USER": "$home"
fi
[ -d /etc/sudoers.d ] || mkdir /etc/sudoers.d
umask 0337
echo "$LOLIGO_USER ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/90-loligo
umask 0077
keys=$home/.ssh/authorized_keys
line=
[ ! -f "$keys" ] || while read -r line && [ "$line" != "$LOLIGO_KEY" ]; do :; done <"$keys"
if [ "$line" != "$LOLIGO_KEY" ]; then
  mkdir -p "$home/.ssh"
  echo "$LOLIGO_KEY" >>"$keys"
  chmod 700 "$home/.ssh"
  chmod 600 "$keys"
  chown -R "$LOLIGO_USER": "$home/.ssh"
fi
umask 0022
exec /usr/sbin/sshd -D -e -h ${hostKeyFile} -o MaxStartups=500:30:1000 -o MaxSessions=1000 -o UseDNS=no -o PrintMotd=no
`;
