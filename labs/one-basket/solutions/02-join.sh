#!/bin/sh
# On a machine with an empty disk: configuration, monitor, manager, and an OSD with a number of its own.
set -eu
me=$(hostname -s)
disk=/dev/disk/by-id/virtio-osd1

ask() { timeout 90 ceph --connect-timeout 60 "$@"; }

wait_for() { # SECONDS WHAT COMMAND…
    deadline=$(($(date +%s) + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || { echo "not in time: $what" >&2; exit 1; }
        sleep 3
    done
}

in_quorum() { ask quorum_status | grep -q "\"quorum_names\":.*\"$me\""; }
osd_is_up() { ask osd dump | grep -q "^osd\.$osd up"; }

fetch() { curl --silent --fail --max-time 10 -o /run/ceph.tar http://10.0.10.11:8099/ceph.tar; }
wait_for 120 "node1's configuration" fetch
tar -C /etc/ceph -xpf /run/ceph.tar
rm -f /run/ceph.tar
wait_for 120 "an answer from Ceph" ask mon stat

# The monitor: the cluster's own map and key, an empty store; it registers itself when it starts.
ask auth get mon. -o /var/lib/ceph/tmp/mon.keyring
ask mon getmap -o /var/lib/ceph/tmp/monmap
chown ceph:ceph /var/lib/ceph/tmp/mon.keyring /var/lib/ceph/tmp/monmap
install -d -o ceph -g ceph -m 750 "/var/lib/ceph/mon/ceph-$me"
ceph-mon --setuser ceph --setgroup ceph -i "$me" --mkfs \
    --monmap /var/lib/ceph/tmp/monmap --keyring /var/lib/ceph/tmp/mon.keyring
rm -f /var/lib/ceph/tmp/mon.keyring /var/lib/ceph/tmp/monmap
systemctl enable --quiet --now "ceph-mon@$me"
wait_for 240 "mon.$me in quorum" in_quorum

install -d -o ceph -g ceph -m 750 "/var/lib/ceph/mgr/ceph-$me"
ask auth get-or-create "mgr.$me" mon 'allow profile mgr' osd 'allow *' mds 'allow *' \
    -o "/var/lib/ceph/mgr/ceph-$me/keyring"
chown ceph:ceph "/var/lib/ceph/mgr/ceph-$me/keyring"
systemctl enable --quiet --now "ceph-mgr@$me"

# The OSD: whoever asks for a new one is told its number.
uuid=$(cat /proc/sys/kernel/random/uuid)
osd=$(ask osd new "$uuid")
store=/var/lib/ceph/osd/ceph-$osd
install -d -o ceph -g ceph -m 750 "$store"
ask auth get-or-create "osd.$osd" mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' \
    -o "$store/keyring"
ln -sfn "$disk" "$store/block"
chown -h ceph:ceph "$store/keyring" "$store/block"
ceph-osd --setuser ceph --setgroup ceph -i "$osd" --mkfs --osd-uuid "$uuid"
systemctl enable --quiet --now "ceph-osd@$osd"
wait_for 240 "osd.$osd up" osd_is_up
