"""Everything that tells what went wrong, in one folder."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from testbed.apply import keys
from testbed.apply.folders import Folders, make_private
from testbed.apply.session import session
from testbed.errors import TestbedError
from testbed.guest import CommandTimeout, Guest, Script
from testbed.host import AgentGuest, Host
from testbed.plan.models import Machine, Plan
from testbed.together import side_by_side

_FEW = 5  # whoever looks for what went wrong looks at the last ones
_FROM_THE_GUEST = {
    "cloud-init.log": "cat /var/log/cloud-init.log",
    "journal.log": "journalctl --no-pager -b -n 20000",
    "ceph.log": "tail -n 3000 /var/log/ceph/*.log /var/snap/microceph/common/logs/*.log "
    "2>/dev/null; true",
    "cloud.log": "tail -n 1000 /var/log/rabbitmq/*.log /var/log/ovn/*.log "
    "/var/log/openvswitch/*.log /var/log/libvirt/qemu/*.log "
    "/var/log/openstack-dashboard/error.log 2>/dev/null; true",
    "network.txt": "ip -d addr; ip route; cat /proc/net/bonding/* 2>/dev/null; true",
}


def collect(host: Host, folders: Folders, plan: Plan) -> Path:
    """Return a new folder with each machine's logs, from outside and, where it answers, inside.

    It is the testbed's newest of a few; older ones go.
    """
    folder = folders.logs(plan.name) / time.strftime("%Y%m%d-%H%M%S")
    for each in (folders.state, folder.parent, folder):
        make_private(each)
    for older in sorted(folder.parent.iterdir())[:-_FEW]:
        shutil.rmtree(older, ignore_errors=True)
    for machine in plan.machines:
        _copy_from_host(host, machine, folder)
    _copy_from_guests(host, folders, plan, folder)
    return folder


@contextmanager
def collected(host: Host, folders: Folders, plan: Plan) -> Iterator[None]:
    """Where the block fails, keep every log and say where."""
    try:
        yield
    except TestbedError as error:
        with suppress(TestbedError, OSError):  # the first error is the one to tell
            folder = collect(host, folders, plan)
            kept = f"logs are in {folder}"
            error.why = f"{error.why}; {kept}" if error.why else kept
        raise


def _copy_from_host(host: Host, machine: Machine, folder: Path) -> None:
    if host.find_domain(machine.domain) is None:
        return
    sources = {
        "console.log": host.console_log_path(machine.domain),
        "libvirt.log": host.emulator_log_path(machine.domain),
    }
    for name, source in sources.items():
        if source is not None and source.exists():
            shutil.copyfile(source, folder / f"{machine.name}.{name}")


def _copy_from_guests(host: Host, folders: Folders, plan: Plan, folder: Path) -> None:
    try:
        own = keys.read(folders, plan)
    except TestbedError as error:
        _tell(folder / "guests.txt", error)
        return
    with session(plan, own) as doors:

        def ask(machine: Machine) -> None:
            agent = AgentGuest(host, machine.name, machine.domain)
            _ask(folder, doors.guest(machine), agent)

        side_by_side(plan.machines, ask)


def _ask(folder: Path, *doors: Guest) -> None:
    """Ask one machine through the first door that opens, and write down why another did not."""
    for guest in doors:
        try:
            _copy(guest, folder)
        except TestbedError as error:
            _tell(folder / f"{guest.name}.unreachable.txt", error)
        else:
            return


def _copy(guest: Guest, folder: Path) -> None:
    for name, text in _FROM_THE_GUEST.items():
        try:
            result = guest.run(Script(text, sudo=True), timeout=60)
        except CommandTimeout as error:
            _tell(folder / f"{guest.name}.{name}", error)
            continue
        if told := result.stdout + result.stderr:
            (folder / f"{guest.name}.{name}").write_text(told, encoding="utf-8")


def _tell(file: Path, error: TestbedError) -> None:
    with file.open("a", encoding="utf-8") as told:
        told.writelines(f"{line}\n" for line in error.lines())
