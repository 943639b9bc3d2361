# Run "$@" with the /etc/ppp of directory $SANDBOX and a /dev whose ppp is an empty plain file: pppd then takes the
# kernel for one with PPP and checks options to the end of "dryrun". Run by: unshare -m --propagation private sh
# With $ROOT both are made below that directory, for a pppd of another system that is run by chroot.
set -eu
mount --bind "$SANDBOX/etc-ppp" "${ROOT:-}/etc/ppp"
mount -t tmpfs -o mode=755 none "$SANDBOX/dev"
for node in null zero random urandom tty; do
    : >"$SANDBOX/dev/$node"
    mount --bind "/dev/$node" "$SANDBOX/dev/$node"
done
: >"$SANDBOX/dev/ppp"
mkdir "$SANDBOX/dev/pts"
mount --bind /dev/pts "$SANDBOX/dev/pts"
ln -s /proc/self/fd "$SANDBOX/dev/fd"
mount --move "$SANDBOX/dev" "${ROOT:-}/dev"
exec "$@"
