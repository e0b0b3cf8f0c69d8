# Installs the packages listed in /run/testbed/packages into the tree this runs in. No service is
# started, and afterwards the tree has its own resolv.conf and no package lists again.
restore() {
  rm -f /usr/sbin/policy-rc.d /etc/resolv.conf
  if [ -e /run/testbed/kept ] || [ -h /run/testbed/kept ]; then cp -P /run/testbed/kept /etc/resolv.conf; fi
}
if [ -e /etc/resolv.conf ] || [ -h /etc/resolv.conf ]; then cp -P /etc/resolv.conf /run/testbed/kept; fi
trap restore EXIT
rm -f /etc/resolv.conf
cp /run/testbed/resolv.conf /etc/resolv.conf
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

set -- --quiet --yes --no-install-recommends
if [ -e /run/testbed/sources.list ]; then
  set -- "$@" -o Dir::Etc::SourceList=/run/testbed/sources.list -o Dir::Etc::SourceParts=-
fi
apt-get "$@" -o APT::Update::Error-Mode=any update
# shellcheck disable=SC2046  # one word per package is what is wanted
apt-get "$@" install -- $(cat /run/testbed/packages)
apt-get clean
rm -rf /var/lib/apt/lists/*
