#!/bin/sh
set -eu
# A stage of this recipe is no boot of that machine, so what must not run in the finished one is switched off here.
# OSDs sit on whole disks, as MicroCeph's do: LVM would look at every disk at every boot.
systemctl mask lvm2-monitor.service lvm2-lvmpolld.socket dm-event.socket blk-availability.service
for rule in 55-dm 60-persistent-storage-dm 69-lvm 95-dm-notify 70-nvmf-autoconnect 71-nvmf-netapp; do
  ln -sf /dev/null /etc/udev/rules.d/$rule.rules
done
# One more Python at every boot; what crashed is in the journal, and a crashed daemon is started again by systemd.
systemctl mask ceph-crash.service
for unit in rbdmap nvmefc-boot-connections nvmf-autoconnect smartmontools smartd radosgw e2scrub_reap mdmonitor mdcheck_start.timer; do
  systemctl disable "$unit" 2>/dev/null || true
done
# A manager imports every module it finds at every start and may not keep what it compiles: compiled once, here.
python3 -m compileall -q /usr/share/ceph/mgr /usr/lib/python3/dist-packages 2>/dev/null || true
chmod 755 /usr/libexec/testbed/ceph-ask /usr/libexec/testbed/ceph-sequence
# What the packages made belongs to the user they made.
install -d -o ceph -g ceph -m 750 /var/lib/ceph/mon /var/lib/ceph/mgr /var/lib/ceph/osd /var/lib/ceph/mds /var/lib/ceph/radosgw
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt /tmp/* /var/tmp/*
: >/etc/machine-id
