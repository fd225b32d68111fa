/** The login of a target, as the original's machines have it. */
export const targetUser = 'ubuntu';

/**
 * What a target container runs as its first process, in any image that has sshd and sudo: makes host keys (none are in the image, so
 * that no two nodes share them), the user and its authorized key, then becomes sshd. `docker logs` is sshd's log.
 */
export const targetInit = `set -e
mkdir -p /run/sshd
chmod 755 /run/sshd
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
id "$LOLIGO_USER" >/dev/null 2>&1 || useradd -m -s /bin/bash "$LOLIGO_USER"
mkdir -p /etc/sudoers.d
echo "$LOLIGO_USER ALL=(ALL) NOPASSWD:ALL" > /etc/sudoers.d/90-loligo
chmod 440 /etc/sudoers.d/90-loligo
home=$(getent passwd "$LOLIGO_USER" | cut -d: -f6)
mkdir -p "$home/.ssh"
echo "$LOLIGO_KEY" > "$home/.ssh/authorized_keys"
chmod 700 "$home/.ssh"
chmod 600 "$home/.ssh/authorized_keys"
chown -R "$LOLIGO_USER": "$home/.ssh"
exec /usr/sbin/sshd -D -e -h /etc/ssh/ssh_host_ed25519_key -o MaxStartups=500:30:1000 -o MaxSessions=1000 -o UseDNS=no -o PrintMotd=no
`;
