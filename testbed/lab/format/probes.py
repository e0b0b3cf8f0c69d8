"""Probes: claims that hold on a sound system, each from the place of one machine.

A symptom is a probe that fails, an objective is probes that hold again.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from testbed.lab.format.common import (
    Address,
    Id,
    InterfaceName,
    LabPart,
    MachineName,
    Machines,
    Mtu,
    PoolName,
    Seconds,
    Shell,
)
from testbed.topology.models import FailureDomain

From = Annotated[MachineName, Field(alias="from", description="the machine that looks")]
Targets = Annotated[tuple[Address, ...], Field(min_length=1, description="IPv4 addresses")]


class _Probe(LabPart):
    timeout: Annotated[Seconds, Field(description="for one look")] = 15
    mode: Annotated[
        Literal["converge", "assert", "hold"],
        Field(
            description="converge: it may take `within` to come true; assert: it is true at once; "
            "hold: it is true, and stays so for `for`"
        ),
    ] = "converge"
    within: Annotated[Seconds, Field(description="deadline of converge and hold")] = 30
    hold: Annotated[Seconds, Field(alias="for", description="how long it must stay true")] = 0


class Ping(_Probe):
    """Every target answers pings, or none does; `size` bytes of payload are not fragmented."""

    type: Literal["ping"]
    source: From
    to: Targets
    size: Annotated[int | None, Field(ge=0, le=8972, description="payload bytes, DF set")] = None
    expect: Literal["answers", "silence"] = "answers"


class Arp(_Probe):
    """Every target answers ARP on an interface, or none does: are they in one layer-2 network?"""

    type: Literal["arp"]
    source: From
    interface: InterfaceName
    to: Targets
    expect: Literal["answers", "silence"] = "silence"


class Ports(_Probe):
    """Every TCP port of every target accepts a connection, or none does."""

    type: Literal["ports"]
    source: From
    to: Targets
    ports: Annotated[tuple[int, ...], Field(min_length=1)]
    expect: Literal["open", "closed"]


class Route(_Probe):
    """A machine sends packets for an address to this next hop; null: straight to the target."""

    type: Literal["route"]
    on: MachineName
    to: Address
    via: Address | None


class Bond(_Probe):
    """A bond is in its mode, watches its links, and has all of its members up."""

    type: Literal["bond"]
    on: Machines
    bond: InterfaceName
    mode_is: Literal["active-backup", "802.3ad"]
    members: Annotated[tuple[InterfaceName, ...], Field(min_length=2)]


class InterfaceMtu(_Probe):
    """An interface of each machine has this MTU."""

    type: Literal["mtu"]
    on: Machines
    interface: InterfaceName
    mtu: Mtu


class Service(_Probe):
    """A systemd unit is active in each machine."""

    type: Literal["service"]
    on: Machines
    unit: str


class Shown(_Probe):
    """A shell script exits with 0, run as root in each machine; it must not change anything."""

    type: Literal["command"]
    on: Machines
    run: Shell


class Running(_Probe):
    """Machines have power and run."""

    type: Literal["running"]
    machines: Machines


class Steady(_Probe):
    """The testbed's own steady state holds: bonds, VLANs, routes, names, clocks."""

    timeout: Annotated[Seconds, Field(description="for one look at each machine")] = 60
    type: Literal["steady"]
    machines: Annotated[Machines | None, Field(description="all, where not said")] = None


class CephHealth(_Probe):
    """Ceph is HEALTH_OK, but for the health checks named in `but_for`."""

    type: Literal["ceph-health"]
    but_for: tuple[str, ...] = ()


class CephQuorum(_Probe):
    """Exactly these monitors are in quorum, and the monmap has no other."""

    type: Literal["ceph-quorum"]
    members: Machines


class CephOsds(_Probe):
    """So many OSDs are up and in, and Ceph knows no others."""

    type: Literal["ceph-osds"]
    up: Annotated[int, Field(ge=0)]


class CephPools(_Probe):
    """Every pool keeps so many copies, needs so many to write, spread over the failure domain."""

    type: Literal["ceph-pools"]
    size: Annotated[int, Field(ge=1)]
    min_size: Annotated[int, Field(ge=1)]
    failure_domain: FailureDomain


class CephPlacement(_Probe):
    """Every placement group is clean and has its copies on so many distinct hosts."""

    type: Literal["ceph-placement"]
    hosts: Annotated[int, Field(ge=1)]


class CephIo(_Probe):
    """An object can be written and read back through a machine; the object is deleted again."""

    type: Literal["ceph-io"]
    source: From
    pool: PoolName


class Writer(_Probe):
    """A sequence writer's last acknowledged write is younger than `stalled_below` seconds."""

    type: Literal["writer"]
    sentinel: Id
    stalled_below: Seconds = 10


Probe = Annotated[
    Ping
    | Arp
    | Ports
    | Route
    | Bond
    | InterfaceMtu
    | Service
    | Shown
    | Running
    | Steady
    | CephHealth
    | CephQuorum
    | CephOsds
    | CephPools
    | CephPlacement
    | CephIo
    | Writer,
    Field(discriminator="type"),
]
Probes = Annotated[Mapping[Id, Probe], Field(description="claims, by id")]
