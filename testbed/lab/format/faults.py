"""Faults: what a lab breaks. Each can be made, seen from inside, and healed again."""

from typing import Annotated, Any, Literal

from pydantic import Field

from testbed.lab.format.common import (
    Address,
    End,
    Id,
    InterfaceName,
    LabPart,
    MachineName,
    Machines,
    Mtu,
    ScriptFile,
    VlanId,
)

Persistent = Annotated[
    bool, Field(description="whether it stands in the machine's files, too, and survives a reboot")
]


class _Fault(LabPart):
    id: Id


class CablePulled(_Fault):
    """Both ends of a cable lose their carrier."""

    type: Literal["cable"]
    end: End


class PowerLost(_Fault):
    """Machines lose their power; what they had not written is gone."""

    type: Literal["power"]
    machines: Machines


class PortVlans(_Fault):
    """A switch's port carries other VLANs than planned, whatever the other end sends."""

    type: Literal["port-vlans"]
    switch: MachineName
    port: InterfaceName
    tagged: tuple[VlanId, ...] = ()
    untagged: VlanId | None = None
    persistent: Persistent = True


class MtuChanged(_Fault):
    """An interface, or a switch's port, passes smaller packets than planned."""

    type: Literal["mtu"]
    machine: MachineName
    interface: InterfaceName
    mtu: Mtu
    persistent: Persistent = True


class WrongRoute(_Fault):
    """A machine has a route it should not have."""

    type: Literal["route"]
    machine: MachineName
    to: Annotated[str, Field(pattern=r"^[0-9.]+/[0-9]+$", description="a network, CIDR notation")]
    via: Address
    interface: InterfaceName
    persistent: Persistent = True


class FirewallRule(_Fault):
    """The router's ruleset has one rule more, before all others of its chain."""

    type: Literal["firewall"]
    machine: MachineName
    chain: Literal["forward", "input", "output"]
    rule: Annotated[str, Field(description="in nft's words, such as: ip daddr 10.0.50.12 drop")]
    persistent: Persistent = True


class Netem(_Fault):
    """An interface delays or loses packets; a reboot ends it."""

    type: Literal["netem"]
    machine: MachineName
    interface: InterfaceName
    delay_ms: Annotated[int, Field(ge=0, le=10000)] = 0
    loss_percent: Annotated[int, Field(ge=0, le=100)] = 0


class NetplanChanged(_Fault):
    """A machine's netplan says something else, and the machine has started with it.

    `set` is merged into `network:`, mapping into mapping, a null removes a key.
    """

    type: Literal["netplan"]
    machines: Machines
    set: dict[str, Any]


class ServiceStopped(_Fault):
    """A systemd unit is stopped; with `disabled` it stays so after a reboot."""

    type: Literal["service"]
    machine: MachineName
    unit: str
    disabled: bool = False


class DiskWiped(_Fault):
    """The first MiB of a disk is overwritten; the service on it is stopped before."""

    type: Literal["disk"]
    machine: MachineName
    serial: str
    unit: str


class CephSetting(_Fault):
    """A Ceph command changes a setting, another one changes it back; words as for `ceph`."""

    type: Literal["ceph"]
    on: MachineName
    do: Annotated[tuple[str, ...], Field(min_length=1)]
    undo: Annotated[tuple[str, ...], Field(min_length=1)]


class Scripted(_Fault):
    """What no other fault says: scripts that break, look whether it is broken, and heal."""

    type: Literal["script"]
    machine: MachineName
    inject: ScriptFile
    manifested: ScriptFile
    heal: ScriptFile


Fault = Annotated[
    CablePulled
    | PowerLost
    | PortVlans
    | MtuChanged
    | WrongRoute
    | FirewallRule
    | Netem
    | NetplanChanged
    | ServiceStopped
    | DiskWiped
    | CephSetting
    | Scripted,
    Field(discriminator="type"),
]
