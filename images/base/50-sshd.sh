#!/bin/sh
set -eu
systemctl mask sshd-keygen.service
# The configuration is tested when it changes, not at every start.
mkdir -p /etc/systemd/system/ssh.service.d
printf '[Service]\nExecStartPre=\n' >/etc/systemd/system/ssh.service.d/testbed.conf
sed -i -e '/pam_motd/d' -e '/pam_mail/d' -e '/pam_lastlog/d' /etc/pam.d/sshd /etc/pam.d/login
