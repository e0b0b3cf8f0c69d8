"""Machines: what exists, and their power, memory and cables."""

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import libvirt
import libvirt_qemu
import platformdirs

from testbed.errors import HostError
from testbed.host import mark
from testbed.host.models import ObservedMachine
from testbed.host.session import Session
from testbed.host.states import machine_state

T = TypeVar("T")

_HUMAN = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
_KEEP_NOTHING = (
    libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
)


class Machines(Session):
    """Domains that carry our mark; every other domain is refused by name.

    Each change may be made twice: what is done already is left alone.
    """

    def list_machines(self, testbed: str | None = None) -> tuple[ObservedMachine, ...]:
        """Return the machines of one testbed, or of all, in order of domain name."""
        found = self._ask("list the machines", _observe_all)
        ours = (machine for machine in found if testbed in (None, machine.testbed))
        return tuple(sorted(ours, key=lambda machine: machine.domain))

    def find_domain(self, name: str) -> ObservedMachine | None:
        """Return the machine that domain runs, or None where no such domain exists.

        Raises `HostError` where the domain exists and is not ours.
        """

        def look(connection: Any) -> ObservedMachine | None:
            domain = _find(connection, name)
            return None if domain is None else _observe(domain, _ours(domain), {})

        return self._ask(f"look for domain '{name}'", look)

    def define(self, xml: str, name: str) -> None:
        """Define a domain, or define it anew; a running one changes at its next start.

        The XML is validated. Raises `ValueError` where it lacks our mark.
        """
        if mark.read_mark(ET.fromstring(xml)) is None:  # noqa: S314 - rendered by us
            raise ValueError(f"the XML of domain '{name}' carries no mark")

        def define(connection: Any) -> None:
            domain = _find(connection, name)
            if domain is not None:
                _ours(domain)
            connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)

        self._ask(f"define domain '{name}'", define)

    def undefine(self, name: str) -> None:
        """Forget a domain with its snapshots' metadata; its volumes stay."""

        def undefine(domain: Any) -> None:
            if domain.isActive():
                raise HostError(
                    f"cannot undefine domain '{name}'",
                    why="it is running",
                    next_step="run: testbed down",
                )
            domain.undefineFlags(_KEEP_NOTHING)

        self._on(name, "undefine", undefine, missing_is_fine=True)

    def start(self, name: str, *, paused: bool = False) -> None:
        """Switch a machine on; `paused` keeps its CPU from running until `resume`."""
        flags = libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
        self._on(name, "start", lambda domain: domain.isActive() or domain.createWithFlags(flags))

    def destroy(self, name: str) -> None:
        """Cut a machine's power: what its guest had not yet written is lost."""

        def destroy(domain: Any) -> None:
            if domain.isActive():
                _unless_off(domain.destroy)

        self._on(name, "power off", destroy, missing_is_fine=True)

    def pause(self, name: str) -> None:
        """Stop a machine's CPU; its memory, clock and cables stay as they are."""

        def pause(domain: Any) -> None:
            if domain.state()[0] != libvirt.VIR_DOMAIN_PAUSED:
                domain.suspend()

        self._on(name, "pause", pause)

    def resume(self, name: str) -> None:
        """Let a paused machine's CPU run again; one that runs already is known to run afterwards.

        An emulator may tell of a failed disk when its machine runs again. libvirt then believes
        that the machine has stopped, and going on is nothing such an emulator would tell of.
        """

        def resume(domain: Any) -> None:
            if domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING:
                return
            domain.resume()
            if domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
                libvirt_qemu.qemuMonitorCommand(domain, "stop", _HUMAN)
                domain.resume()

        self._on(name, "resume", resume)

    def set_link(self, name: str, mac: str, up: bool) -> None:
        """Plug a cable in or pull it: the guest sees the carrier of that NIC change.

        It stays so when the machine is switched off and on. `oob0` and `wan0` have no cable.
        """

        def change(domain: Any) -> None:
            live = domain.isActive()
            flags = libvirt.VIR_DOMAIN_AFFECT_CONFIG | (live and libvirt.VIR_DOMAIN_AFFECT_LIVE)
            xml = mark.nic_with_link(_xml(domain), mac, up=up)
            if xml is None:
                raise HostError(
                    f"domain '{name}' has no NIC with MAC {mac} that a cable could be in",
                    next_step="see its links with: testbed status",
                )
            domain.updateDeviceFlags(xml, flags)

        self._on(name, f"set the link {'up' if up else 'down'} of NIC {mac} of", change)

    def set_ready(self, name: str) -> None:
        """Keep with the domain that its first boot has ended well."""

        def remember(domain: Any) -> None:
            if mark.read_ready(_xml(domain)):
                return
            live = domain.isActive()
            domain.setMetadata(
                libvirt.VIR_DOMAIN_METADATA_ELEMENT,
                "<ready/>",
                "testbed-ready",
                mark.READY_NAMESPACE,
                libvirt.VIR_DOMAIN_AFFECT_CONFIG | (live and libvirt.VIR_DOMAIN_AFFECT_LIVE),
            )

        self._on(name, "mark as ready", remember)

    def console_log_path(self, name: str) -> Path | None:
        """Return the file on the host that keeps what the console printed, if there is one."""
        return self._on(name, "read", lambda domain: mark.read_console_log(_xml(domain)))

    def emulator_log_path(self, name: str) -> Path:
        """Return the file where libvirt keeps what the emulator of a domain printed."""
        return platformdirs.user_cache_path("libvirt") / "qemu" / "log" / f"{name}.log"

    def _on(
        self, name: str, doing: str, act: Callable[[Any], T], *, missing_is_fine: bool = False
    ) -> T | None:
        """Let `act` work on a domain of ours; a missing one is an error, or None."""

        def question(connection: Any) -> T | None:
            domain = _find(connection, name) if missing_is_fine else connection.lookupByName(name)
            if domain is None:
                return None
            _ours(domain)
            return act(domain)

        return self._ask(f"{doing} domain '{name}'", question)


def _find(connection: Any, name: str) -> Any:
    try:
        return connection.lookupByName(name)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def _xml(domain: Any) -> ET.Element:
    return ET.fromstring(domain.XMLDesc())  # noqa: S314 - libvirt wrote it


def _ours(domain: Any) -> ET.Element:
    """Return the XML of a domain of ours; a domain without our mark is a HostError."""
    root = _xml(domain)
    if mark.read_mark(root) is None:
        raise HostError(
            f"domain '{domain.name()}' was not made by testbed, so it is left alone",
            next_step="choose another name: testbed up TOPOLOGY --name NAME",
        )
    return root


def _unless_off(act: Callable[[], object]) -> None:
    """Act on a running domain that may end by itself at the same moment."""
    try:
        act()
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_OPERATION_INVALID:
            raise


def _observe_all(connection: Any) -> list[ObservedMachine]:
    """Observe every domain with our mark: one call for all statistics, one each for the XML."""
    statistics = _statistics(connection)
    machines = []
    for domain in connection.listAllDomains():
        try:
            root = _xml(domain)
            if mark.read_mark(root) is not None:
                machines.append(_observe(domain, root, statistics.get(domain.UUIDString(), {})))
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:  # gone while we looked
                raise
    return machines


def _statistics(connection: Any) -> Mapping[str, Mapping[str, int]]:
    """Return state and memory by UUID; nothing where the driver keeps no statistics."""
    wanted = libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_BALLOON
    at_once = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    try:
        found = connection.getAllDomainStats(wanted, at_once)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
        return {}
    return {domain.UUIDString(): values for domain, values in found}


def _observe(domain: Any, root: ET.Element, values: Mapping[str, int]) -> ObservedMachine:
    ours = mark.read_mark(root)
    if ours is None:
        raise ValueError(f"domain '{domain.name()}' carries no mark")
    code = (values["state.state"], values["state.reason"]) if values else domain.state()
    state, reason = machine_state(*code)
    return ObservedMachine(
        testbed=ours.testbed,
        machine=ours.machine,
        role=ours.role,
        domain=domain.name(),
        uuid=uuid.UUID(domain.UUIDString()),
        state=state,
        reason=reason,
        loopback=ours.loopback,
        image=ours.image,
        digest=ours.digest,
        topology=ours.topology,
        memory_mib=mark.read_memory_mib(root),
        resident_mib=values.get("balloon.rss", 0) // 1024,
        links=mark.read_links(root),
        ready=mark.read_ready(root),
    )
