#!/bin/sh
set -eu
cd /usr/lib/udev/rules.d
mkdir -p /etc/udev/rules.d
for rule in 60-autosuspend 60-drm 60-evdev 60-fido-id 60-infiniband 60-input-id 60-persistent-alsa 60-persistent-input \
  60-persistent-storage-mtd 60-persistent-storage-tape 60-persistent-v4l 60-sensor 64-btrfs 70-camera 70-joystick \
  70-memory 70-mouse 70-power-switch 70-touchpad 70-uaccess 71-seat 73-seat-late 75-probe_mtd 78-sound-card 81-net-dhcp \
  90-iocost 60-dmi-id 73-special-net-names 75-net-description; do
  ln -sf /dev/null /etc/udev/rules.d/$rule.rules
done
rm -f /usr/lib/udev/hwdb.bin /etc/udev/hwdb.bin
# At boot, look only at what has a driver or a rule here; everything that appears later is seen as usual.
mkdir -p /etc/systemd/system/systemd-udev-trigger.service.d
cat >/etc/systemd/system/systemd-udev-trigger.service.d/testbed.conf <<'CFG'
[Service]
ExecStart=
ExecStart=-udevadm trigger --action=add --subsystem-match=virtio --subsystem-match=virtio-ports --subsystem-match=net --subsystem-match=block
CFG
# The chipset's disk controller is always there and never used: the disks and the seed are virtio.
printf 'blacklist ahci\nblacklist ata_piix\n' >/etc/modprobe.d/testbed.conf
