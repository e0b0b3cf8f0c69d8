"""`testbed up` against the floor, both in one run, one after the other by turns.

The floor is a bare script's work: overlays by qemu-img, domains by virsh, until the last machine
lets us in and says that cloud-init is done. Same machines, same images, same host. Against it
stands the time `up` takes to a proven network; what it does for Ceph after that is told by step.
"""

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import report
from measure import NAME, TESTBED, Timing, run, scratch_home, timed

from testbed.apply.boot import width as boot_width
from testbed.apply.folders import Folders
from testbed.apply.keys import make as make_keys
from testbed.doctor.kvm import accelerator
from testbed.host import Host, daemon
from testbed.image import Image, Store
from testbed.plan.decide import plan as decide
from testbed.plan.models import Machine, Plan
from testbed.render.domain import Boot, domain_xml
from testbed.render.user_data import seed_files
from testbed.seed import seed_iso
from testbed.topology.shipped import find

Steps = dict[str, dict[str, float]]
ROUNDS = int(os.environ.get("TESTBED_BENCH_ROUNDS", "3"))


def raise_and_record() -> str:
    """Return what a user sees of `testbed up` without a terminal."""
    argv = [str(TESTBED), "up", "aolda", "--name", NAME]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
    return done.stdout.replace(f"'{NAME}'", "'aolda'")


def stamp(told: str, step: str) -> float:
    """Return when `up` told the end of a step, in seconds since it began."""
    found = re.search(rf"^\[ *([0-9.]+) s\] {re.escape(step)} \(", told, re.MULTILINE)
    if found is None:
        raise SystemExit(f"`up` told no end of '{step}':\n{told}")
    return float(found[1])


def floor(bare: "Bare") -> float:
    """Return the seconds until the last machine has SSH and cloud-init done, without our tool.

    As many machines boot side by side as `up` lets, which is faster than all at once.
    """
    uri = daemon.session_uri() if os.geteuid() == 0 else "qemu:///session"
    plan = bare.plan

    def boot(machine: Machine) -> None:
        backing = ("-F", "qcow2", "-b", bare.images[machine.image].disk)
        run("qemu-img", "create", "-q", "-f", "qcow2", *backing, plan.folder / machine.root)
        for disk in machine.disks:
            size = f"{disk.size_mib}M"
            run("qemu-img", "create", "-q", "-f", "qcow2", plan.folder / disk.volume, size)
        run("virsh", "-q", "-c", uri, "create", bare.folder / f"{machine.name}.xml")
        wait_for_login(plan, machine.oob.ssh_port, bare.key)

    width = boot_width(os.cpu_count() or 1, accelerator(Folders.of_user().cache))
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(max_workers=width) as pool:
            list(pool.map(boot, plan.machines))
        return time.monotonic() - started
    finally:
        for machine in plan.machines:
            subprocess.run(["virsh", "-q", "-c", uri, "destroy", machine.domain], check=False)


def wait_for_login(plan: Plan, port: int, key: Path) -> None:
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=20"]
    argv = ["ssh", "-q", "-i", str(key), "-p", str(port)]
    argv += [word for option in options for word in ("-o", option)]
    argv += [f"aolda@{plan.loopback}", "test -e /run/cloud-init/result.json"]
    deadline = time.monotonic() + 900
    while subprocess.run(argv, capture_output=True).returncode != 0:
        if time.monotonic() > deadline:
            raise SystemExit("the floor never came up")
        time.sleep(1)


def measure() -> None:
    """Measure, and write the table and what the last `up` told into the READMEs."""
    with scratch_home() as scratch, Host.open():
        bare = prepare(scratch)
        floors, told, steps = [], [], []
        for number in range(ROUNDS):
            floors.append(floor(bare))
            told.append(raise_and_record())
            steps.append(recorded())
            print(f"round {number + 1}: floor {floors[-1]:.0f} s\n{told[-1]}", flush=True)
            if number + 1 < ROUNDS:
                run(TESTBED, "down", "--forget", "--name", NAME)
        lived, figures = living()
        run(TESTBED, "down", "--forget", "--name", NAME)
        lived += network_alone()
    networks = tuple(stamp(text, "testbed: steady state") for text in told)
    rows = (
        Timing("the floor: six machines by a bare script, to cloud-init done", tuple(floors)),
        Timing("testbed up, to the network's proven steady state", networks),
        *storing(told, networks),
        *deploying(steps, "storage: "),
        *lived,
    )
    report.write("bench", report.table(rows, (ratio(networks, floors), *figures)))
    report.write("recorded-up", f"```text\n$ testbed up\n{told[-1]}```\n")


def ratio(networks: tuple[float, ...], floors: list[float]) -> str:
    """Return the row that sets `up` against the floor of its own round."""
    found = [up / bare for up, bare in zip(networks, floors, strict=True)]
    each = ", ".join(f"{one:.2f}" for one in found)
    return f"| testbed up to the proven network, of the floor | {median(found):.2f} | {each} |"


def storing(told: list[str], networks: tuple[float, ...]) -> list[Timing]:
    """Read from what each `up` told when it had proven Ceph's health, and kept it."""
    storages = tuple(stamp(text, "testbed: storage: healthy") for text in told)
    kept = tuple(stamp(text, "testbed: checkpoint: storage") for text in told)
    return [
        Timing("from there to Ceph's HEALTH_OK", _less(storages, networks)),
        Timing("taking the checkpoint, proven again", _less(kept, storages)),
    ]


def _less(later: tuple[float, ...], earlier: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(one - other for one, other in zip(later, earlier, strict=True))


def recorded(name: str = NAME) -> Steps:
    """Return the seconds that raising it took: by machine, of each step."""
    found: Steps = json.loads((Folders.of_user().records(name) / "seconds.json").read_text())
    return found


def deploying(steps: list[Steps], stage: str) -> list[Timing]:
    """Return the seconds of each step of a stage, on the slowest machine each."""
    names = dict.fromkeys(
        step for machine in steps[0].values() for step in machine if step.startswith(stage)
    )

    def slowest(round_: Steps, step: str) -> float:
        return max(machine[step] for machine in round_.values() if step in machine)

    return [
        Timing(f"of it, {step}", tuple(slowest(round_, step) for round_ in steps)) for step in names
    ]


@dataclass(frozen=True)
class Bare:
    """What the bare script starts from: the same domains and seeds, under another name."""

    folder: Path
    plan: Plan
    images: dict[str, Image]
    key: Path


def prepare(scratch: Path) -> Bare:
    """Write the bare script's domains and seeds, and build the images both start from."""
    folders = Folders.of_user()
    plan = decide(find("aolda"), name="floor", folder=scratch / "floor", loopback="127.99.99.99")
    plan.folder.mkdir(mode=0o700)
    keys = make_keys(folders, plan)
    accel = accelerator(folders.cache)
    store = Store(folders.cache)
    images = {
        name: store.build(name, lambda line: print(line, file=sys.stderr))
        for name in {machine.image for machine in plan.machines}
    }
    for machine in plan.machines:
        pair, image = keys.hosts[machine.name], images[machine.image]
        boot = Boot(image.disk, image.kernel, image.initrd, image.cmdline, image.digest)
        seed = seed_files(
            plan,
            machine,
            authorized_key=keys.user.public,
            host_key_private=pair.private,
            host_key_public=pair.public,
        )
        (plan.folder / machine.seed).write_bytes(seed_iso(seed))
        xml = domain_xml(plan, machine, boot=boot, accel=accel)
        (scratch / f"{machine.name}.xml").write_text(xml)
    return Bare(scratch, plan, images, keys.user_file)


def living() -> tuple[list[Timing], list[str]]:
    """Measure life with the raised testbed, and what it takes of the host."""
    named = ("--name", NAME)
    machines = json.loads(run(TESTBED, "status", *named, "--json"))[0]["machines"]
    resident = {machine["name"]: machine["resident_mib"] for machine in machines}
    several: dict[str, tuple[str, ...]] = {
        "checkpoint restore storage, to HEALTH_OK": ("checkpoint", "restore", "storage", *named),
        "testbed status": ("status", *named),
        "testbed --help": ("--help",),
    }
    rate = write_rate(named)
    found = [
        Timing(what, tuple(timed(TESTBED, *argv) for _ in range(3)))
        for what, argv in several.items()
    ]
    nodes = ", ".join(f"{name} {resident[name]}" for name in resident if name.startswith("node"))
    figures = [
        f"| writing to Ceph from node1, 4 MiB objects, over bond0 | {rate:.1f} MB/s | |",
        f"| resident memory of all six machines | {sum(resident.values())} MiB | |",
        f"| resident memory of each node, with Ceph | {nodes} MiB | |",
    ]
    return found, figures


def network_alone() -> list[Timing]:
    """Measure life with a testbed that goes no further than its network."""
    named = ("--name", NAME)
    run(TESTBED, "up", "aolda", "--to", "network", *named)
    again = {
        "testbed up on a healthy network": ("up", "aolda", "--to", "network", *named),
        "checkpoint restore network, to the steady state": (
            "checkpoint", "restore", "network", *named,
        ),
    }  # fmt: skip
    found = [
        Timing(what, tuple(timed(TESTBED, *argv) for _ in range(3))) for what, argv in again.items()
    ]
    save = timed(TESTBED, "checkpoint", "save", "bench", *named)
    return [*found, Timing("checkpoint save, network", (save,))]


def write_rate(named: tuple[str, ...]) -> float:
    """Return how many MB/s node1 writes, as Ceph's own benchmark of 20 seconds says."""
    bench = ("sudo", "rados", "bench", "-p", "volumes", "20", "write", "-t", "8")
    told = run(TESTBED, "exec", "node1", *named, "--", *bench)
    found = re.search(r"^Bandwidth \(MB/sec\):\s+([0-9.]+)", told, re.MULTILINE)
    if found is None:
        raise SystemExit(told)
    return float(found[1])
