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
 * sshd's log.
 */
export const targetInit = `set -e
[ -e ${hostKeyFile} ] || {
  find /tmp /var/tmp -mindepth 1 -delete || true
  find /run -xdev -type f -delete -o -xdev -type s -delete || true
  ssh-keygen -q -t ed25519 -N '' -f ${hostKeyFile}
}
echo "${hostKeyWord} $(cat ${hostKeyFile}.pub)"
mkdir -p /run/sshd
chmod 755 /run/sshd
id "$LOLIGO_USER" >/dev/null 2>&1 || useradd -M -s /bin/bash "$LOLIGO_USER"
home=$(getent passwd "$LOLIGO_USER" | cut -d: -f6)
if [ "$(stat -c %U "$home")" != "$LOLIGO_USER" ]; then
  cp -rn /etc/skel/. "$home" || true
  chown -R "$LOLIGO_USER": "$home"
fi
mkdir -p /etc/sudoers.d
echo "$LOLIGO_USER ALL=(ALL) NOPASSWD:ALL" > /etc/sudoers.d/90-loligo
chmod 440 /etc/sudoers.d/90-loligo
mkdir -p "$home/.ssh"
grep -qxF "$LOLIGO_KEY" "$home/.ssh/authorized_keys" 2>/dev/null || echo "$LOLIGO_KEY" >> "$home/.ssh/authorized_keys"
chmod 700 "$home/.ssh"
chmod 600 "$home/.ssh/authorized_keys"
chown -R "$LOLIGO_USER": "$home/.ssh"
exec /usr/sbin/sshd -D -e -h ${hostKeyFile} -o MaxStartups=500:30:1000 -o MaxSessions=1000 -o UseDNS=no -o PrintMotd=no
`;
