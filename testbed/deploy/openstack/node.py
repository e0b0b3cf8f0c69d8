"""One node: what OpenStack has there already, and the steps that are still missing."""

import hashlib
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.deploy.files import File, digest_of, unpacking
from testbed.deploy.openstack.config import firewall
from testbed.deploy.openstack.config.dashboard import PATH
from testbed.deploy.openstack.config.network import switch_script
from testbed.deploy.openstack.files import DIGEST, PLACED
from testbed.deploy.openstack.site import HTTP, Site
from testbed.deploy.step import Step
from testbed.deploy.units import REREAD, enabling, look, running
from testbed.errors import DeployError
from testbed.guest import Command, Script
from testbed.plan.cloud import CloudNode
from testbed.probe.cloud.node import GUARDED, handed

QUEUE = "rabbitmq-server"
DATABASE = "mariadb"
DASHBOARD = "apache2"
LIBVIRT = "libvirtd"
COMPUTE = "nova-compute"
_START = 1800.0  # seconds; an emulated Python takes a minute to start, and its needs come first
NONE = "none"
_MIXED = "mixed"  # some units have read other files than others


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node has: programs, KVM, its files' digests, what Open vSwitch knows, what runs.

    `kvm` is the kernel's module by which instances would have KVM, too; "" where they cannot.
    `digest` is of files that everything has read; `placed`, where a deployment broke off, of those
    that what started then has read; `running` is without a firewall that has lost its rules.
    """

    programs: bool
    kvm: str
    digest: str
    placed: str
    switch: str
    running: frozenset[str]  # units that are active and will be after a boot

    def has_older_files(self, wanted: tuple[File, ...]) -> bool:
        """Return whether what runs there was started with other files than are wanted."""
        return not {self.digest, self.placed} <= {NONE, digest_of(wanted)}

    def is_sealed(self, wanted: tuple[File, ...]) -> bool:
        """Return whether those files are there, and everything has read them."""
        return self.digest == self.placed == digest_of(wanted)


def front(node: CloudNode) -> tuple[str, ...]:
    """Return the units in front of the services."""
    return (firewall.UNIT, "memcached", "haproxy", "keepalived") if node.control else ()


# Debian's units for Open vSwitch and OVN do nothing but want their daemons: they stay active
# whatever becomes of those, and start them only when they are started themselves.
_SWITCH = ("openvswitch-switch", "ovsdb-server", "ovs-vswitchd")
_CENTRAL = ("ovn-central", "ovn-ovsdb-server-nb", "ovn-ovsdb-server-sb", "ovn-northd")
_HOST = ("ovn-host", "ovn-controller")


def ground(node: CloudNode) -> tuple[str, ...]:
    """Return the units below the services; none of them is a Python, so all start at once."""
    central = _CENTRAL if node.control else ()
    return (*_SWITCH, *central, *_HOST, LIBVIRT)


# In this order: each needs some of those before it, and its unit waits until they answer. At boot
# the image's units start in the same order, two at a time. The second wave is for nodes that have
# only what is in it.
WAVES = (
    (
        *("keystone", "placement-api", "glance-api", "neutron-api"),
        *("nova-conductor", "nova-api", "cinder-api", "nova-scheduler"),
        *("cinder-scheduler", "cinder-volume"),
    ),
    (COMPUTE, DASHBOARD),
)
_EVERYWHERE = {COMPUTE}


def in_wave(wave: tuple[str, ...], node: CloudNode) -> tuple[str, ...]:
    """Return which units of a wave the node runs."""
    return tuple(unit for unit in wave if node.control or unit in _EVERYWHERE)


def units(node: CloudNode) -> tuple[str, ...]:
    """Return every unit of a node."""
    base = (DATABASE, QUEUE) if node.control else ()
    waves = (unit for wave in WAVES for unit in in_wave(wave, node))
    return (*base, *front(node), *ground(node), *waves)


def facts_script(node: CloudNode) -> Script:
    """Return the look at a node; it starts few processes.

    It changes nothing, but that KVM is loaded where the node has it: udev looks at no processor.
    """
    program = "/usr/bin/keystone-manage" if node.control else "/usr/bin/nova-compute"
    return Script(
        f"""
printf 'digest '; cat {DIGEST} 2>/dev/null || echo {NONE}
printf 'placed '; cat {PLACED} 2>/dev/null || echo {NONE}
[ -e {program} ] && echo programs
if [ "$(systemd-detect-virt)" = kvm ]; then
    for module in kvm_intel kvm_amd; do
        modprobe -q $module && [ -c /dev/kvm ] && echo kvm $module && break
    done
fi
{GUARDED} && echo guarded
printf 'switch '
[ -S /run/openvswitch/db.sock ] \\
    && {handed(node.provider_interface, timeout=10)} \\
    && ovs-vsctl --timeout=10 --if-exists get Open_vSwitch . external-ids:testbed || echo
{look(units(node))}
""",
        sudo=True,
    )


def read_facts(text: str) -> NodeFacts:
    """Read the output of `facts_script`."""
    words = dict(re.findall(r'^(digest|placed|switch|kvm) "?(\w+)"?$', text, re.MULTILINE))
    lines = text.splitlines()
    unguarded = set() if "guarded" in lines else {firewall.UNIT}
    return NodeFacts(
        programs="programs" in lines,
        kvm=words.get("kvm", ""),
        digest=words.get("digest", NONE),
        placed=words.get("placed", NONE),
        switch=words.get("switch", NONE),
        running=running(text) - unguarded,
    )


def must_have_programs(machine: str, facts: NodeFacts) -> None:
    """Raise `DeployError` where the node's image holds no OpenStack."""
    if not facts.programs:
        raise DeployError(
            f"{machine} has no OpenStack to configure, so nothing was done",
            why="its image holds none of Debian's packages of it",
            next_step="write image: cloud for each node in the topology, "
            "then run: testbed down, and: testbed up FILE",
        )


def placing(site: Site, wanted: tuple[File, ...], facts: NodeFacts) -> Iterator[Step]:
    """Yield the steps that put a node's files in their places, but for the one that says so."""
    if facts.is_sealed(wanted):
        return
    placed = {
        NONE: (_placed(wanted),),
        digest_of(wanted): (),  # a deployment goes on
    }.get(facts.placed, (File(PLACED, f"{_MIXED}\n"),))
    yield unpacking(site.node.machine, (*placed, *wanted[:-1]))  # the word first, then the deeds


def _placed(wanted: tuple[File, ...]) -> File:
    return File(PLACED, wanted[-1].text)


def sealing(site: Site, wanted: tuple[File, ...], facts: NodeFacts) -> Iterator[Step]:
    """Yield the steps that tell systemd its units, and us that the files are read.

    Database and queue read changed ones only when they start next: they are not restarted for it.
    """
    sealed = facts.is_sealed(wanted)
    if not sealed or not facts.running.issuperset(units(site.node)):
        yield rereading(site.node.machine)
    if not sealed:
        yield unpacking(site.node.machine, (_placed(wanted), *wanted[-1:]), "seal")


def switching(site: Site, facts: NodeFacts) -> Iterator[Step]:
    """Yield the step that hands the provider VLAN to Open vSwitch, which then remembers it."""
    script = switch_script(site)
    name = hashlib.sha256(script.encode()).hexdigest()[:16]
    if facts.switch != name:
        seal = f"ovs-vsctl set Open_vSwitch . external-ids:testbed={name}\n"
        handing = Script(script + seal, sudo=True)
        yield Step("provider VLAN", site.node.machine, handing, timeout=_START)


def starting(
    name: str, machine: str, wanted: tuple[str, ...], facts: NodeFacts, *, again: bool = False
) -> Iterator[Step]:
    """Yield the step that starts those units, now and at every boot, where one is not running.

    With `again` what runs is started once more: it has read older files.
    """
    missing = tuple(unit for unit in wanted if again or unit not in facts.running)
    if missing:
        asked = " ".join(map(shlex.quote, missing))
        script = f"{enabling(missing)}\nsystemctl reset-failed {asked} || true\n"
        script += f"systemctl {'restart' if again else 'start'} {asked}\n"
        if firewall.UNIT in missing:
            script += f"systemctl reload {firewall.UNIT}\n"  # it may be active, without rules
        yield Step(name, machine, Script(script, sudo=True), timeout=_START)


def rereading(machine: str) -> Step:
    """Return the step that tells systemd its units."""
    return Step("units", machine, Script(REREAD, sudo=True))


def opening(site: Site) -> Step:
    """Return the step that ends once the dashboard has shown a page: the first takes minutes."""
    page = f"http://{site.node.address}:{HTTP}{PATH}auth/login/"
    curl = ("curl", "--silent", "--show-error", "--fail", "--output", "/dev/null")
    # Its web server gives up after five minutes, and has it go on loading.
    command = Command((*curl, "--retry", "5", "--retry-delay", "5", page))
    return Step("dashboard opens", site.node.machine, command, timeout=_START)
