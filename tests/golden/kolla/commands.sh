#!/bin/sh
# Deploys OpenStack 2026.1 on testbed 'aolda'; README.md tells what each step does.
# The provider 'kolla' was checked with kolla-ansible's own code, but nobody has deployed OpenStack with its files yet.
# After a failure, mend what it names and run this again.
set -eu
cd "$(dirname "$0")"
umask 077
if ! program=$(command -v kolla-ansible); then
  echo "kolla-ansible is not on the PATH; activate the environment it is in, or make one:" >&2
  echo "  python3 -m venv venv && . venv/bin/activate && pip install 'kolla-ansible>=22,<23'" >&2
  exit 4
fi
program=$(readlink -f "$program")
share=$(dirname "$(dirname "$program")")/share/kolla-ansible

echo '== install-deps'
if [ ! -e collections.complete ]; then
  kolla-ansible install-deps
  touch collections.complete
fi

echo '== kolla-genpwd'
if [ ! -e passwords.yml ]; then
  cp "$share/etc_examples/kolla/passwords.yml" passwords.new
  kolla-genpwd --passwords "$PWD/passwords.new"
  mv passwords.new passwords.yml
fi

echo '== bootstrap-servers'
kolla-ansible bootstrap-servers -i inventory --configdir "$PWD"

echo '== prechecks'
kolla-ansible prechecks -i inventory --configdir "$PWD" --use-test-images

echo '== pull'
kolla-ansible pull -i inventory --configdir "$PWD"

echo '== deploy'
kolla-ansible deploy -i inventory --configdir "$PWD"

echo '== post-deploy'
kolla-ansible post-deploy -i inventory --configdir "$PWD"
