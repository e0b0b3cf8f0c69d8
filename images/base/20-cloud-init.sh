#!/bin/sh
set -eu
# Whether cloud-init runs is no question here, so the generator that asks it (and ds-identify behind it) goes.
ln -sf /dev/null /etc/systemd/system-generators/cloud-init-generator 2>/dev/null ||
  { mkdir -p /etc/systemd/system-generators; ln -sf /dev/null /etc/systemd/system-generators/cloud-init-generator; }
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sf /usr/lib/systemd/system/cloud-init.target /etc/systemd/system/multi-user.target.wants/cloud-init.target
# A NIC that appears later is configured by whoever plugged it in.
systemctl mask cloud-init-hotplugd.socket cloud-init-hotplugd.service
rm -f /usr/lib/udev/rules.d/66-azure-ephemeral.rules
# Log to the file only: a pipe into tee is a process per stage.
cat >/etc/cloud/cloud.cfg.d/05_logging.cfg <<'CFG'
_log:
  - &log_base |
    [loggers]
    keys=root
    [handlers]
    keys=file
    [formatters]
    keys=plain
    [logger_root]
    level=DEBUG
    handlers=file
    [formatter_plain]
    format=%(asctime)s - %(filename)s[%(levelname)s]: %(message)s
    [handler_file]
    class=FileHandler
    level=DEBUG
    formatter=plain
    args=('/var/log/cloud-init.log', 'a', 'UTF-8')
log_cfgs:
  - [*log_base]
output: {all: '>> /var/log/cloud-init-output.log'}
CFG
