#!/bin/sh
set -eu
mkdir -p /etc/systemd/system-generators
for generator in systemd-debug-generator systemd-gpt-auto-generator systemd-hibernate-resume-generator \
  systemd-rc-local-generator systemd-run-generator systemd-ssh-generator systemd-system-update-generator \
  systemd-sysv-generator systemd-tpm2-generator systemd-fstab-generator systemd-getty-generator; do
  ln -sf /dev/null /etc/systemd/system-generators/$generator
done
systemctl mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer e2scrub_reap.service \
  systemd-tmpfiles-clean.timer systemd-networkd-wait-online.service systemd-pstore.service \
  systemd-ask-password-console.path systemd-ask-password-wall.path proc-sys-fs-binfmt_misc.automount \
  systemd-binfmt.service systemd-firstboot.service systemd-hibernate-clear.service systemd-hwdb-update.service \
  systemd-journal-catalog-update.service systemd-machine-id-commit.service systemd-pcrmachine.service \
  systemd-pcrphase-sysinit.service systemd-pcrphase.service systemd-sysusers.service systemd-tpm2-setup-early.service \
  systemd-tpm2-setup.service systemd-update-done.service ldconfig.service systemd-random-seed.service \
  systemd-creds.socket systemd-pcrextend.socket systemd-pcrlock.socket systemd-sysext.socket systemd-initctl.socket \
  getty@tty1.service getty-static.service sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount \
  sys-fs-fuse-connections.mount systemd-update-utmp.service systemd-update-utmp-runlevel.service
systemctl enable systemd-networkd.service
systemctl disable remote-fs.target
systemctl set-default multi-user.target
# The serial console stands for the machine's own: whoever holds the QEMU process holds it, so no password.
mkdir -p /etc/systemd/system/serial-getty@ttyS0.service.d /etc/systemd/system/getty.target.wants
cat >/etc/systemd/system/serial-getty@ttyS0.service.d/testbed.conf <<'CFG'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --noissue --keep-baud 115200 - linux
CFG
ln -sf /usr/lib/systemd/system/serial-getty@.service /etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\nForwardToSyslog=no\nAudit=no\n' >/etc/systemd/journald.conf.d/testbed.conf
: >/etc/fstab
