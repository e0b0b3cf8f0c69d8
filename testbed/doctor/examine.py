"""All checks, in the order a person would mend them."""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from testbed.doctor import files, hypervisor, links, programs, surroundings, users
from testbed.doctor.finding import Finding, fail
from testbed.doctor.kvm import Accelerator, Proof, prove
from testbed.errors import TestbedError


@dataclass(frozen=True, slots=True)
class Patient:
    """The host as `doctor` sees it."""

    uri: str
    cache: Path
    data: Path
    state: Path
    memory_mib: Callable[[Accelerator], Mapping[str, int]]  # what each topology needs
    disk_mib: int  # what the largest topology needs
    trouble_in_namespace: Callable[[], str]  # what keeps this user from building in one, or ""
    kept_mib: Mapping[str, int] = field(default_factory=dict)  # what is kept, by testbed
    image_mib: int = 0  # what building the images that are missing asks for


def examine(patient: Patient, *, again: bool = False) -> Iterator[Finding]:
    """Run every check and yield what it found; a check that cannot run has failed.

    `again` proves KVM anew instead of believing an earlier answer.
    """
    name, uid = users.me()
    proof = _proof(patient.cache, again)
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("processor", lambda: surroundings.processor(platform.machine())),
        ("python", programs.python),
        ("programs", programs.programs),
        ("kvm", lambda: surroundings.kvm(proof, len(os.sched_getaffinity(0)))),
        ("qemu", lambda: programs.qemu(proof.accelerator)),
        ("user network", programs.user_network),
        ("socket paths", _socket_paths),
        ("libvirt", lambda: hypervisor.libvirt(hypervisor.asking(patient.uri))),
        ("udp link", links.udp),
        ("subordinate ids", lambda: users.subordinate_ids(name, uid)),
        ("namespaces", lambda: users.namespaces(uid, patient.trouble_in_namespace)),
        ("cache folder", lambda: files.writing("cache folder", patient.cache)),
        ("data folder", lambda: files.writing("data folder", patient.data)),
        ("state folder", lambda: files.writing("state folder", patient.state)),
        ("disk", lambda: _room(patient)),
        ("memory", lambda: surroundings.memory(patient.memory_mib(proof.accelerator))),
        ("clock", lambda: surroundings.clock(time.time())),
        ("terminal", lambda: surroundings.terminal(sys.stdout.encoding or "")),
    )
    for check_name, check in checks:
        yield _guarded(check_name, check)


def _room(patient: Patient) -> Finding:
    mib = (patient.image_mib, patient.disk_mib, patient.kept_mib)
    return files.room(files.Room(patient.cache, patient.data, *mib))


def _proof(cache: Path, again: bool) -> Proof:
    try:
        return prove(cache, again=again)
    except (TestbedError, OSError) as error:
        return Proof("qemu", f"it could not be tried: {error}", "device", programs.INSTALL)


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except TestbedError as error:
        return fail(name, error.in_one_line, mend=programs.INSTALL)
    except OSError as error:
        return fail(name, str(error), mend=programs.INSTALL)


def _socket_paths() -> Finding:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    config, cache = platformdirs.user_config_path(), platformdirs.user_cache_path()
    return hypervisor.socket_paths(runtime, config, cache)
