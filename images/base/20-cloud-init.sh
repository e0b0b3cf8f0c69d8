#!/bin/sh
set -eu
chmod 755 /usr/libexec/testbed/cloud-init-boot
# Whether cloud-init runs is no question here, so the generator that asks it (and ds-identify behind it) goes.
mkdir -p /etc/systemd/system-generators /etc/systemd/system/sysinit.target.wants
ln -sf /dev/null /etc/systemd/system-generators/cloud-init-generator
rm -rf /etc/systemd/system/cloud-init.target.wants /etc/systemd/system/cloud-config.target.wants
ln -sf /etc/systemd/system/cloud-init-main.service /etc/systemd/system/sysinit.target.wants/cloud-init-main.service
# A NIC that appears later is configured by whoever plugged it in.
systemctl mask cloud-init-hotplugd.socket cloud-init-hotplugd.service
rm -f /usr/lib/udev/rules.d/66-azure-ephemeral.rules
# One log file, no pipe into tee, no console handler.
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
