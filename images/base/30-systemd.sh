#!/bin/sh
set -eu
mkdir -p /etc/systemd/system-generators
# What they would generate is nothing here, or written below. netplan's generator stays, and fstab's for later recipes.
for generator in systemd-debug-generator systemd-gpt-auto-generator systemd-hibernate-resume-generator \
  systemd-rc-local-generator systemd-run-generator systemd-ssh-generator systemd-system-update-generator \
  systemd-sysv-generator systemd-tpm2-generator systemd-getty-generator; do
  ln -sf /dev/null /etc/systemd/system-generators/$generator
done
# Hardware, first boot and upgrade chores of a real computer; each is at least one process under emulation.
systemctl mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer systemd-tmpfiles-clean.timer \
  systemd-networkd-wait-online.service systemd-networkd-persistent-storage.service systemd-network-generator.service \
  systemd-pstore.service systemd-ask-password-console.path systemd-ask-password-wall.path \
  proc-sys-fs-binfmt_misc.automount systemd-binfmt.service systemd-firstboot.service systemd-hibernate-clear.service \
  systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-machine-id-commit.service \
  systemd-pcrmachine.service systemd-pcrphase-sysinit.service systemd-pcrphase.service systemd-sysusers.service \
  systemd-tpm2-setup-early.service systemd-tpm2-setup.service systemd-update-done.service ldconfig.service \
  systemd-random-seed.service systemd-creds.socket systemd-pcrextend.socket systemd-pcrlock.socket \
  systemd-sysext.socket systemd-initctl.socket getty@tty1.service getty-static.service sys-kernel-debug.mount \
  sys-kernel-tracing.mount sys-kernel-config.mount dev-hugepages.mount dev-mqueue.mount run-lock.mount tmp.mount \
  sys-fs-fuse-connections.mount kmod-static-nodes.service systemd-tmpfiles-setup-dev-early.service \
  systemd-tmpfiles-setup-dev.service systemd-udev-load-credentials.service systemd-journal-flush.service \
  systemd-user-sessions.service systemd-remount-fs.service modprobe@configfs.service modprobe@drm.service \
  modprobe@fuse.service modprobe@efi_pstore.service modprobe@dm_mod.service modprobe@loop.service
# systemd-user-sessions only removes this file, which forbids logins while the machine boots.
rm -f /usr/lib/tmpfiles.d/systemd-nologin.conf
mkdir -p /etc/tmpfiles.d
printf 'd /run/lock 1777 root root -\n' >/etc/tmpfiles.d/testbed.conf
systemctl enable systemd-networkd.service
systemctl disable remote-fs.target
systemctl set-default multi-user.target
# D-Bus starts it for whoever asks; no session here needs it.
rm -f /usr/lib/systemd/system/multi-user.target.wants/systemd-logind.service
# The serial console stands for the machine's own: whoever holds the QEMU process holds it, so no password.
# The shell waits for a key first: nobody looks at most consoles.
# A unit of its own, since the stock one waits for udev to announce the port.
mkdir -p /etc/systemd/system/getty.target.wants
cat >/etc/systemd/system/serial-getty@ttyS0.service <<'CFG'
[Unit]
Description=Root shell on the serial console
After=basic.target
[Service]
ExecStart=-/sbin/agetty --autologin root --login-pause --noclear --noissue --keep-baud 115200 - linux
Type=idle
Restart=always
UtmpIdentifier=ttyS0
StandardInput=tty
StandardOutput=tty
TTYPath=/dev/ttyS0
KillMode=process
IgnoreSIGPIPE=no
SendSIGHUP=yes
CFG
ln -sf /etc/systemd/system/serial-getty@ttyS0.service /etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\nForwardToSyslog=no\nAudit=no\n' >/etc/systemd/journald.conf.d/testbed.conf
: >/etc/fstab
