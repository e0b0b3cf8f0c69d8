#!/bin/sh
# Usage: enter.sh TREE PAYLOAD: runs PAYLOAD/stage inside TREE with /dev, /proc and /run of its own.
# PAYLOAD appears inside as /run/testbed. Where mounting is not allowed (root in a plain container),
# device files take the place of mounts. This shell stays outside as process 1, so that the tree
# is recognised as a chroot and everything started in it ends with it.
set -eu
tree=$1
payload=$2

if mount -t tmpfs -o mode=755 testbed "$tree/dev" 2>/dev/null; then
  for name in null zero full random urandom tty; do
    : >"$tree/dev/$name"
    mount --bind "/dev/$name" "$tree/dev/$name"
  done
  mount -t tmpfs -o mode=755 testbed "$tree/run"
  mount -t proc proc "$tree/proc" 2>/dev/null || mount --rbind /proc "$tree/proc"
else
  mknod -m 666 "$tree/dev/null" c 1 3
  mknod -m 666 "$tree/dev/zero" c 1 5
  mknod -m 666 "$tree/dev/full" c 1 7
  mknod -m 666 "$tree/dev/random" c 1 8
  mknod -m 666 "$tree/dev/urandom" c 1 9
  mknod -m 666 "$tree/dev/tty" c 5 0
fi
mkdir -p "$tree/dev/shm" "$tree/run/lock"
chmod 1777 "$tree/dev/shm" "$tree/run/lock"
ln -s /proc/self/fd "$tree/dev/fd"
ln -s /proc/self/fd/0 "$tree/dev/stdin"
ln -s /proc/self/fd/1 "$tree/dev/stdout"
ln -s /proc/self/fd/2 "$tree/dev/stderr"
cp -R "$payload" "$tree/run/testbed"

status=0
env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive SYSTEMD_OFFLINE=1 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
  ${no_proxy:+no_proxy="$no_proxy"} \
  /usr/sbin/chroot "$tree" /bin/sh -eu /run/testbed/stage </dev/null || status=$?

rm -rf "$tree/run/testbed"
mountpoint -q "$tree/dev" || rm -rf "$tree/dev/"*
exit "$status"
