"""README.md of the folder: what has been tried, what is needed, and what each command does."""

from collections.abc import Iterator

from testbed.deploy.kolla.commands import commands, reconfiguration, recovery
from testbed.deploy.kolla.release import NOT_RUN, RELEASE, REQUIREMENT
from testbed.plan.cloud import Cloud
from testbed.plan.models import Plan

_LEAST_MEMORY = 8192  # MiB; what kolla-ansible's documentation asks of a host


def guide(plan: Plan, cloud: Cloud, *, raised: bool) -> str:
    """Return the text of README.md."""
    return "\n\n".join(_parts(plan, cloud, raised=raised)) + "\n"


def _parts(plan: Plan, cloud: Cloud, *, raised: bool) -> Iterator[str]:
    yield f"# OpenStack {RELEASE} on testbed '{plan.name}'"
    yield (
        f"Written by `testbed kolla write`. **{NOT_RUN}**\nThe APIs will answer at {cloud.vip}, "
        "inside the testbed."
    )
    if not raised:
        yield (
            "**These files are of a testbed that is not raised:** the way into its machines\n"
            "(`ssh_config`) and the keys of OpenStack's users in Ceph are missing. Raise it with\n"
            f"`testbed up`, then write the files again: `testbed kolla write FOLDER --name "
            f"{plan.name}`."
        )
    yield "## What it needs"
    yield "\n".join(f"- {need}" for need in _needs(cloud))
    yield from (f"**Lacking:** {each}." for each in shortcomings(plan, cloud))
    yield "## What to run"
    yield (
        "`sh commands.sh` runs all of this in order and stops at the first failure; it may be run\n"
        "again. Once it has ended well, running it again may restart Docker, and with it every\n"
        "container, on all nodes at once. `testbed kolla check` tells beforehand whether what is\n"
        "fetched can be reached, but for Docker's packages."
    )
    rows = (f"| `{each.name}` | {each.does} |" for each in commands(cloud))
    yield "\n".join(("| command | what it does |", "| --- | --- |", *rows))
    later = (reconfiguration(), recovery())
    yield "Later, in this folder:\n\n" + "\n".join(f"    {each.text}" for each in later)
    yield f"The first {later[0].does}, the second\n{later[1].does}."
    if raised:
        yield "## How to use it"
        yield from _using(cloud)
    yield "## What to change"
    yield (
        "Settings of your own go into `globals.d/NAME.yml`, which overrides `globals.yml`. For a\n"
        "registry without TLS that is `docker_registry_insecure: true`, for one with a log-in\n"
        "`docker_registry_username`, with `docker_registry_password` in `passwords.yml`; without\n"
        "TLS there is no log-in. Passwords and keyrings are secrets: this folder is readable by\n"
        "you only."
    )


def _using(cloud: Cloud) -> Iterator[str]:
    yield (
        "The APIs answer inside the testbed, and SSH leads there. In an environment with\n"
        "`pip install python-openstackclient PySocks`:"
    )
    yield (
        f"    ssh -F ssh_config -f -N -D 127.0.0.1:1080 {cloud.controllers[0].machine}\n"
        "    export http_proxy=socks5h://127.0.0.1:1080\n"
        '    export OS_CLIENT_CONFIG_FILE="$PWD/clouds.yaml" OS_CLOUD=kolla-admin\n'
        "    openstack service list"
    )
    outside = cloud.outside
    if outside is not None:
        yield (
            "Instances get out through a network in the provider VLAN. Its frames have lost their\n"
            "tag where Open vSwitch gets them, so to Neutron it is flat:"
        )
        yield (
            "    openstack network create --external --provider-network-type flat \\\n"
            "      --provider-physical-network physnet1 outside\n"
            f"    openstack subnet create --network outside --subnet-range {outside.subnet} \\\n"
            f"      --gateway {outside.gateway or 'none'} --no-dhcp \\\n"
            f"      --allocation-pool start={outside.first},end={outside.last} outside"
        )


def shortcomings(plan: Plan, cloud: Cloud) -> Iterator[str]:
    """Yield what the topology lacks for a deployment, a sentence each."""
    machines = [plan.machine(node.machine) for node in cloud.nodes]
    small = [
        f"{each.name} has {each.memory_mib} MiB"
        for each in machines
        if each.memory_mib < _LEAST_MEMORY
    ]
    if small:
        yield f"kolla-ansible's documentation asks for 8 GiB of memory a node; {', '.join(small)}"
    if not plan.internet:
        yield "the topology says 'internet: false', so nodes reach nothing outside the testbed"


def _needs(cloud: Cloud) -> Iterator[str]:
    yield f"`pip install '{REQUIREMENT}'` on this computer, in an environment of its own"
    yield (
        "8 GiB of memory and 40 GB of disk on each node, as its documentation says; machines with\n"
        "  `image: kolla` have that disk"
    )
    yield "from this computer: Ansible Galaxy, and the git repository that `install-deps` names"
    whence = f"`{cloud.registry}`" if cloud.registry else "the registry kolla-ansible has by itself"
    yield f"from the nodes: packages of Debian's and Docker's, and images from {whence}"
