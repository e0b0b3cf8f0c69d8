"""The one door to libvirt."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import libvirt
import libvirt_qemu

from testbed.host import console
from testbed.host.definitions import Definitions
from testbed.host.models import HostFacts
from testbed.host.storage import Storage


class Host(Definitions, Storage):
    """The host: its machines, their snapshots, its storage.

    Every method raises `HostError` where libvirt refuses. Safe to use from several threads.
    """

    def facts(self) -> HostFacts:
        """Return what the host offers."""
        return self._ask("read what the host offers", lambda asked: _facts(asked, self.uri))

    def processor(self) -> str:
        """Return the host's CPU as libvirt sees it: vendor, model and extra features."""
        return self._ask("read what CPU the host has", _processor)

    def monitor(self, name: str, command: str) -> str:
        """Return what QEMU's own monitor answers to a command in its human form."""
        flags = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP

        def ask(domain: Any) -> str:
            return str(libvirt_qemu.qemuMonitorCommand(domain, command, flags))

        return self._on(name, f"ask the emulator of `{command}` about", ask) or ""

    def agent(
        self, name: str, request: Mapping[str, Any], *, timeout: int = 10
    ) -> Mapping[str, Any]:
        """Return the answer of the agent in the guest; `timeout` is in whole seconds."""
        text = json.dumps(dict(request))

        def ask(domain: Any) -> str:
            return str(libvirt_qemu.qemuAgentCommand(domain, text, timeout, 0))

        answer = self._on(name, "ask the guest agent of", ask)
        return dict(json.loads(answer or "{}"))

    def console(self, name: str, *, stdin: int = 0, stdout: int = 1) -> None:
        """Join two file descriptors to a machine's serial console until Ctrl+] or its end."""

        def join(domain: Any) -> None:
            stream = domain.connect().newStream()
            domain.openConsole(None, stream, libvirt.VIR_DOMAIN_CONSOLE_FORCE)
            console.join(stream, stdin, stdout)

        self._on(name, "open the console of", join)


def _facts(connection: Any, uri: str) -> HostFacts:
    arch, _, cpus = connection.getInfo()[:3]
    memory_mib, memory_free_mib = _memory(connection)
    return HostFacts(
        uri=uri,
        arch=arch,
        cpus=cpus,
        memory_mib=memory_mib,
        memory_free_mib=memory_free_mib,
        emulator=_emulator(connection),
        hypervisor_version=_version(connection.getVersion()),
        libvirt_version=_version(connection.getLibVersion()),
    )


def _processor(connection: Any) -> str:
    cpu = ET.fromstring(connection.getCapabilities()).find("host/cpu")  # noqa: S314 - libvirt's
    if cpu is None:
        return ""
    words = [cpu.findtext(part, "") for part in ("arch", "vendor", "model")]
    features = sorted(feature.get("name", "") for feature in cpu.iterfind("feature"))
    return " ".join(filter(None, (*words, *features)))


def _memory(connection: Any) -> tuple[int, int]:
    """Return total and free MiB, from the kernel where the host is this computer.

    libvirt does not count caches as free, and sees too little where memory was plugged in later.
    """
    if urlsplit(connection.getURI()).hostname is None:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
        return kib["MemTotal"] // 1024, kib["MemAvailable"] // 1024
    kib = connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS)
    free = sum(kib.get(part, 0) for part in ("free", "buffers", "cached"))
    return kib["total"] // 1024, free // 1024


def _emulator(connection: Any) -> Path | None:
    try:
        xml = connection.getDomainCapabilities(virttype="qemu")
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            return None
        raise
    path = ET.fromstring(xml).findtext("path")  # noqa: S314 - libvirt wrote it
    return Path(path) if path else None


def _version(number: int) -> tuple[int, int, int]:
    """Split libvirt's way to write a version: a million per major, a thousand per minor."""
    return number // 1_000_000, number // 1000 % 1000, number % 1000
