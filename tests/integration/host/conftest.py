"""libvirt's test driver for most of it, and a private session daemon for the real thing."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.host import Host, Pool
from testbed.run import search_path

DOMAIN = """
<domain type='{kind}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{name}</name>
  <uuid>{key}</uuid>
  <metadata>
    <t:machine xmlns:t='urn:aolda:testbed:1' testbed='{testbed}' machine='{machine}' role='node'
        loopback='{loopback}' image='sha256:1' digest='sha256:2'>
      <t:topology>{{"name": "&lt;{testbed}&gt;"}}</t:topology>
    </t:machine>
  </metadata>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  {body}
</domain>
"""
# A boot sector that says back what it hears on the first serial port, on a disk that is not so
# small that the firmware would pass it over.
_ECHO_CODE = bytes.fromhex("bafd03 ec a801 74fb baf803 ec ee ebf1")
ECHO = (_ECHO_CODE.ljust(510, b"\0") + b"\x55\xaa").ljust(1024 * 1024, b"\0")
REAL_BODY = """
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{disk}'/>
      <target dev='vda' bus='virtio'/></disk>
    <interface type='udp'>
      <mac address='52:54:00:aa:01:01'/>
      <source address='{loopback}' port='31002'><local address='{loopback}' port='31001'/></source>
      <model type='virtio'/>
      <alias name='ua-eno1'/>
    </interface>
    <serial type='pty'><log file='{log}' append='on'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-netdev'/>
    <qemu:arg value='user,id=oob0,restrict=on,hostfwd=tcp:{loopback}:{port}-:22'/>
    <qemu:arg value='-device'/>
    <qemu:arg value='virtio-net-pci,netdev=oob0,bus=pcie.0,addr=0x10,romfile='/>
  </qemu:commandline>
  <qemu:override>
    <qemu:device alias='ua-eno1'>
      <qemu:frontend>
        <qemu:property name='speed' type='unsigned' value='10000'/>
        <qemu:property name='duplex' type='string' value='full'/>
      </qemu:frontend>
    </qemu:device>
  </qemu:override>
"""


def domain_xml(name: str, *, kind: str = "test", testbed: str = "a", body: str = "") -> str:
    """Return a small domain with our mark."""
    return DOMAIN.format(
        name=name,
        key=uuid.uuid5(uuid.NAMESPACE_URL, name),
        kind=kind,
        testbed=testbed,
        machine=name.partition("-")[2] or name,
        loopback="127.77.200.1",
        body=body,
    )


@pytest.fixture
def marked() -> Callable[..., str]:
    return domain_xml


@pytest.fixture
def empty_host(tmp_path: Path) -> Iterator[Host]:
    """A host of libvirt's test driver, private to one test."""
    file = tmp_path / "host.xml"
    file.write_text("<node/>")
    with Host.open(f"test://{file}") as host:
        yield host


class Daemon:
    """A session daemon of our own: its sockets, definitions and logs are in one folder.

    Root's session is the system's daemon, so as root this one runs as 'nobody'.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"qemu:///session?socket={self.folder}/run/libvirt/libvirt-sock"

    def start(self) -> None:
        names = {"XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache"}
        env = {name: str(self.folder / part) for name, part in names.items()}
        nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self.process = subprocess.Popen(
            ["libvirtd"],
            env={**os.environ, **env, "HOME": str(self.folder), "PATH": search_path()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **(nobody if os.geteuid() == 0 else {}),  # type: ignore[call-overload]
        )
        socket = self.folder / "run/libvirt/libvirt-sock"
        deadline = time.monotonic() + 30
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def kill(self) -> None:
        """End the daemon as a crash would; machines it started go on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            (self.folder / "run/libvirt/libvirt-sock").unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        logger = self.folder / "run/libvirt/virtlogd.pid"
        if logger.exists():
            os.kill(int(logger.read_text()), signal.SIGTERM)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    folder = Path(tempfile.mkdtemp(prefix="tb-"))  # short: socket paths end at 108 bytes
    for part in ("run", "config", "cache", "data"):
        (folder / part).mkdir()
    if os.geteuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
    daemon = Daemon(folder)
    daemon.start()
    yield daemon
    daemon.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def host(daemon: Daemon) -> Iterator[Host]:
    """A real host, on which nothing of ours is left behind."""
    with Host.open(daemon.uri) as host:
        yield host
        for machine in host.list_machines():
            host.destroy(machine.domain)
            host.undefine(machine.domain)


@pytest.fixture
def pool(daemon: Daemon, host: Host) -> Iterator[Pool]:
    name, key = "testbed-a", uuid.uuid4()
    yield host.ensure_pool(name, key, daemon.folder / "data" / name)
    for machine in host.list_machines():
        host.destroy(machine.domain)
    host.delete_pool(name, key)


@pytest.fixture
def real(host: Host, pool: Pool) -> Callable[..., str]:
    """Define a real machine with no operating system, and return its domain's name."""

    def define(name: str = "a-node1", *, port: int = 2301, echo: bool = False) -> str:
        """`echo` boots what echoes the serial port, from a disk that cannot hold snapshots."""
        volume = f"{name}.disk"
        disk = host.upload(pool, volume, ECHO) if echo else host.create_disk(pool, volume, 16)
        body = REAL_BODY.format(
            disk=disk.path,
            format=disk.format,
            loopback="127.77.200.1",
            port=port,
            log=pool.folder / f"{name}.log",
        )
        host.define(domain_xml(name, kind="qemu", body=body), name)
        return name

    return define
