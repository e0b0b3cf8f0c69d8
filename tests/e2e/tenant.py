"""What a tenant does with OpenStack, typed at the command line, and what is seen from outside."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.wait import Seen, wait_until

if TYPE_CHECKING:
    from conftest import Cli

NODES = ("node1", "node2", "node3")
APIS = ("5000/v3", "8774/", "8776/", "8778/", "9292/", "9696/")
MEMBERS = (4369, 4567, 6643, 6644, 25672)  # Erlang's names, Galera, OVN's Raft, RabbitMQ
_REFUSED = 7  # curl's exit status
_RUNS, _ANSWERS, _USABLE, _MOVED = 900.0, 900.0, 900.0, 120.0  # seconds
# The instance's disk counts its boots, and its page tells: what is there after it is on that disk.
_COUNT_BOOTS = """\
#!/bin/sh
boots=$(cat /data/boots 2>/dev/null || echo 0)
echo $((boots + 1)) >/data/boots
sync
cp /data/boots /srv/boots
"""


@dataclass(frozen=True)
class Tenant:
    """The tenant's user at the command line of one testbed."""

    cli: "Cli"
    testbed: str

    def ask(self, *words: str, admin: bool = False) -> Any:
        """Return what OpenStack's command line answers."""
        told = self.do(*words, "-f", "json", admin=admin)
        return json.loads(told)

    def do(self, *words: str, admin: bool = False) -> str:
        """Have OpenStack's command line do something; it must succeed."""
        who = ("--admin",) if admin else ()
        return self.cli.must("openstack", "--name", self.testbed, *who, *words, timeout=900)

    def must_have_a_world(self) -> None:
        """Assert that the tenant has the networks and the image of his own, and nothing left."""
        assert {each["Name"] for each in self.ask("network", "list")} == {"club", "outside"}
        assert [each["Name"] for each in self.ask("image", "list")] == ["tiny"]
        assert self.ask("server", "list") == []

    def must_be_sent_to_one_address(self) -> None:
        """Assert that the catalogue names every API at the address that moves."""
        catalogue = self.ask("catalog", "list")
        urls = [end["url"] for service in catalogue for end in service["Endpoints"]]
        assert len(urls) >= len(APIS)
        assert all(url.startswith("http://10.0.10.250:") for url in urls)

    def must_be_answered(self) -> None:
        """Assert that each API answers this user, of what its database knows."""
        for kind in ("server", "network", "volume", "image"):
            self.do(kind, "list")

    def must_have_work_done(self) -> None:
        """Assert that a volume is made and deleted: APIs, scheduler and host tell each other."""
        self.do("volume", "create", "--size", "1", "errand")
        self._wait("volume", "errand", "available", _USABLE)
        self.do("volume", "delete", "errand")

    def start(self, name: str, folder: Path) -> str:
        """Start an instance from a volume; return its address outside.

        It counts its boots on its disk.
        """
        script = folder / f"{name}.sh"
        script.write_text(_COUNT_BOOTS)
        self.do("volume", "create", "--image", "tiny", "--size", "1", "--bootable", name)
        self._wait("volume", name, "available", _USABLE)
        self.do(
            *("server", "create", "--flavor", "tiny", "--network", "club"),
            *("--volume", name, "--user-data", str(script), name),
        )
        self._wait("server", name, "ACTIVE", _RUNS)
        address = self.ask("floating", "ip", "create", "outside")["floating_ip_address"]
        self.do("server", "add", "floating", "ip", name, address)
        return str(address)

    @contextmanager
    def without_new_ones_on(self, node: str) -> Iterator[None]:
        """Let no instance be placed on a node during the block."""
        service = ("compute", "service", "set")
        self.do(*service, "--disable", node, "nova-compute", admin=True)
        yield
        self.do(*service, "--enable", node, "nova-compute", admin=True)

    def _wait(self, kind: str, name: str, wanted: str, timeout: float) -> None:
        def look() -> Seen:
            status = self.ask(kind, "show", name)["status"]
            assert str(status).lower() != "error", self.ask(kind, "show", name)
            return Seen(status == wanted, f"it is {status}")

        wait_until(f"{kind} {name}", look, timeout=timeout, every=5.0)

    def boots(self, address: str) -> int:
        """Return how often an instance was booted, once it answers the router over the VLAN."""
        found: list[int] = []

        def look() -> Seen:
            asked = f"curl -s --max-time 20 http://{address}/boots || true"
            told = self.cli.guest(self.testbed, "router", asked).strip()
            if told.isdecimal():
                found.append(int(told))
            return Seen(told.isdecimal(), told or "it does not answer")

        wait_until(f"the page of {address}", look, timeout=_ANSWERS, every=5.0)
        return found[-1]

    def seen_by_admin(self, name: str) -> Any:
        """Return all that is told of an instance; other projects' are found by their ids alone."""
        return self.ask("server", "show", self.ask("server", "show", name)["id"], admin=True)

    def host_of(self, name: str) -> str:
        """Return the node that an instance runs on."""
        return str(self.seen_by_admin(name)["OS-EXT-SRV-ATTR:host"])


def instance_was_reached(cli: "Cli", testbed: str, topology: str) -> bool:
    """Return whether `up` proved an instance, and another `up` has nothing to do."""
    seconds = json.loads((cli.state(testbed) / "seconds.json").read_text())
    proven = any("proof: reached" in step for machine in seconds.values() for step in machine)
    return proven and cli.json("up", topology, "--name", testbed)["changes"] == []


def must_see_every_part(
    cli: "Cli", testbed: str, controllers: int, nodes: tuple[str, ...] = NODES
) -> None:
    """Assert that a look finds all of OpenStack well, with so many members of what has members."""
    count = len(nodes)
    done = cli.run("status", "--check", "--name", testbed, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OpenStack: all of it works" in done.stdout
    for claim in (
        "APIs: all: keystone, glance, placement, nova, neutron, cinder",
        f"database: {controllers} of {controllers} synced",
        f"queue: {controllers} of {controllers} members",
        f"chassis: {count} of {count} connected",
        f"hypervisors: {count} of {count} up: {', '.join(nodes)}",
    ):
        assert f"ok   cloud: {claim}" in done.stderr


def must_see_the_loss(cli: "Cli", testbed: str, lost: str) -> None:
    """Assert that looks miss a node that is off, and find every API answering all the same."""

    def look() -> Seen:
        told = cli.sound(testbed)
        assert not told.ready
        assert re.search(rf"^FAIL cloud: look: .*\b{lost}\b", told.detail, re.MULTILINE)
        assert re.search(
            r"^FAIL cloud: chassis: (1 of 2|2 of 3) connected", told.detail, re.MULTILINE
        )
        return Seen("ok   cloud: APIs: all: " in told.detail, told.detail)

    wait_until("every API without its node", look, timeout=_MOVED, every=10.0)


def reachable_apis(cli: "Cli", testbed: str, last: str) -> list[str]:
    """Return which APIs the router gets an answer from at an address of the nodes' VLAN."""
    answering = []
    for api in APIS:
        asked = f"curl -s -o /dev/null --max-time 30 http://10.0.10.{last}:{api} && echo yes"
        if cli.guest(testbed, "router", f"{asked} || true").strip():
            answering.append(api)
    return answering


def open_to_the_router(cli: "Cli", testbed: str, address: str) -> list[int]:
    """Return at which ports of clusters' members an address takes a connection of the router's."""
    asked = "; ".join(
        f"curl -s --max-time 5 telnet://{address}:{port} </dev/null >/dev/null; "
        f"[ $? = {_REFUSED} ] || echo {port}"
        for port in MEMBERS
    )
    return [int(port) for port in cli.guest(testbed, "router", asked).split()]


def address_holder(cli: "Cli", testbed: str) -> str:
    """Return the node that has the APIs' address, once exactly one has it."""
    found: list[str] = []

    def look() -> Seen:
        found[:] = [node for node in NODES if _has_address(cli, testbed, node)]
        return Seen(len(found) == 1, " and ".join(found) or "nobody")

    wait_until("one holder of the APIs' address", look, timeout=300, every=2.0)
    return found[0]


def _has_address(cli: "Cli", testbed: str, node: str) -> bool:
    """Return whether a node has the APIs' address; one that is off has nothing."""
    asked = "ip -4 -o address show | grep -q '10.0.10.250/'"
    argv = ("exec", node, "--name", testbed, "--", "sh", "-c", asked)
    return cli.run(*argv, timeout=120).returncode == 0


@dataclass(frozen=True)
class Client:
    """Somebody beyond the nodes who asks keystone twice a second, and notes each answer."""

    cli: "Cli"
    testbed: str

    _LOG = "/run/asking.log"

    def begin(self) -> None:
        """Ask from now on."""
        loop = (
            f"rm -f {self._LOG}; while sleep 0.5; do "
            "curl -s -o /dev/null -f --max-time 3 http://10.0.10.250:5000/v3 "
            f"&& date +%s.%N >> {self._LOG}; done"
        )
        unit = f"sudo systemd-run --quiet --unit=asking sh -c {shlex.quote(loop)}"
        self.cli.guest(self.testbed, "router", unit)

    def end(self) -> float:
        """Stop asking after one answer more; return the longest time without any, in seconds."""
        before = len(self._answers())
        wait_until("one answer more", lambda: self._more_than(before), timeout=_ANSWERS)
        self.cli.guest(self.testbed, "router", "sudo systemctl stop asking")
        gaps = itertools.pairwise(self._answers())
        return max(after - before for before, after in gaps)

    def _answers(self) -> tuple[float, ...]:
        told = self.cli.guest(self.testbed, "router", f"cat {self._LOG}")
        return tuple(map(float, told.split()))

    def _more_than(self, count: int) -> Seen:
        found = len(self._answers())
        return Seen(found > count, f"{found} answers")
