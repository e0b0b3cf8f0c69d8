"""The commands that deploy OpenStack with the files, in order, and what each of them does."""

from collections.abc import Iterator
from dataclasses import dataclass

from testbed.deploy.kolla.release import NOT_RUN, RELEASE, REQUIREMENT
from testbed.plan.cloud import Cloud

_OURS = '-i inventory --configdir "$PWD"'
_COLLECTIONS = """if [ ! -e collections.complete ]; then
  kolla-ansible install-deps
  touch collections.complete
fi"""
_PASSWORDS = """if [ ! -e passwords.yml ]; then
  cp "$share/etc_examples/kolla/passwords.yml" passwords.new
  kolla-genpwd --passwords "$PWD/passwords.new"
  mv passwords.new passwords.yml
fi"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of kolla-ansible's, as a shell runs it, and what it does."""

    name: str
    text: str
    does: str


def commands(cloud: Cloud) -> Iterator[Command]:
    """Yield the commands in order."""
    yield Command(
        "install-deps",
        _COLLECTIONS,
        "fetches the Ansible collections it stands on into the folder `collections`",
    )
    yield Command("kolla-genpwd", _PASSWORDS, "makes every password, once: `passwords.yml`")
    yield _ours("bootstrap-servers", "installs Docker and what it needs on the nodes")
    # Of images in the public registry it wants to hear that they are for trying out.
    trying = "" if cloud.registry else " --use-test-images"
    yield _ours("prechecks", "looks for what would make the deployment fail", trying)
    yield _ours("pull", "fetches the images of all containers to the nodes")
    yield _ours("deploy", "writes every configuration and starts the containers")
    yield _ours("post-deploy", "writes `admin-openrc.sh` and `clouds.yaml` for the administrator")


def reconfiguration() -> Command:
    """Return the command for after a change of settings."""
    return _ours("reconfigure", "brings changed settings into a cloud that is deployed")


def recovery() -> Command:
    """Return the command for after all databases have stopped."""
    return _ours("mariadb-recovery", "starts the databases again after all nodes were off")


def _ours(name: str, does: str, options: str = "") -> Command:
    return Command(name, f"kolla-ansible {name} {_OURS}{options}", does)


def script(cloud: Cloud, testbed: str) -> str:
    """Return a shell script that runs the commands in order and stops where one fails."""
    steps = (f"echo '== {each.name}'\n{each.text}" for each in commands(cloud))
    return "\n\n".join((_head(testbed), *steps)) + "\n"


def _head(testbed: str) -> str:
    return f"""#!/bin/sh
# Deploys OpenStack {RELEASE} on testbed '{testbed}'; README.md tells what each step does.
# {NOT_RUN}
# After a failure, mend what it names and run this again.
set -eu
cd "$(dirname "$0")"
umask 077
if ! program=$(command -v kolla-ansible); then
  echo "kolla-ansible is not on the PATH; activate the environment it is in, or make one:" >&2
  echo "  python3 -m venv venv && . venv/bin/activate && pip install '{REQUIREMENT}'" >&2
  exit 4
fi
program=$(readlink -f "$program")
share=$(dirname "$(dirname "$program")")/share/kolla-ansible"""
