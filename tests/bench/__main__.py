"""`make bench`: `testbed up` against the floor, both in one run, one after the other by turns.

The floor is a bare script's work: overlays by qemu-img, domains by virsh, until the last machine
lets us in and says that cloud-init is done. Same machines, same images, same host. Against it
stands the time `up` takes to a proven network; what it does for Ceph after that is told by step.
"""

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from testbed.apply.folders import Folders
from testbed.apply.keys import make as make_keys
from testbed.apply.raising import boot_width
from testbed.doctor.kvm import accelerator
from testbed.host import Host, daemon
from testbed.image import Image, Store
from testbed.plan.decide import plan as decide
from testbed.plan.models import Machine, Plan
from testbed.render.domain import Boot, domain_xml
from testbed.render.user_data import seed_files
from testbed.seed import seed_iso
from testbed.topology.shipped import find

TESTBED = Path(".venv/bin/testbed").absolute()
NAME = "bench"
ROUNDS = int(os.environ.get("TESTBED_BENCH_ROUNDS", "3"))
README = Path("README.md"), Path("README.ko.md")


@dataclass(frozen=True)
class Timing:
    """A row of the table: what was measured, and every round's seconds."""

    what: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(*argv: str | Path) -> str:
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{argv}: {done.stdout}{done.stderr}")
    return done.stdout


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


def timed(*argv: str | Path) -> float:
    started = time.monotonic()
    run(*argv)
    return time.monotonic() - started


def floor(folder: Path, plan: Plan, xml: dict[str, str], image: Image, key: Path) -> float:
    """Return the seconds until the last machine has SSH and cloud-init done, without our tool.

    As many machines boot side by side as `up` lets, which is faster than all at once.
    """
    uri = daemon.session_uri() if os.geteuid() == 0 else "qemu:///session"

    def boot(machine: Machine) -> None:
        overlay = plan.folder / machine.root
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.disk, overlay)
        description = folder / f"{machine.name}.xml"
        description.write_text(xml[machine.name])
        run("virsh", "-q", "-c", uri, "create", description)
        wait_for_login(plan, machine.oob.ssh_port, key)

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


def rounds() -> tuple[list[Timing], int, str]:
    with tempfile.TemporaryDirectory() as scratch, Host.open():
        os.environ["XDG_DATA_HOME"] = f"{scratch}/data"
        os.environ["XDG_STATE_HOME"] = f"{scratch}/state"
        folders = Folders.of_user()
        image = Store(folders.cache).build("base", lambda line: print(line, file=sys.stderr))
        bare, xml, key = prepare(Path(scratch), folders, image)
        floors, ups = [], []
        for number in range(ROUNDS):
            floors.append(floor(Path(scratch), bare, xml, image, key))
            seconds, told = raise_and_record()
            ups.append(seconds)
            print(f"round {number + 1}: floor {floors[-1]:.0f} s, up {ups[-1]:.0f} s", flush=True)
            if number + 1 < ROUNDS:
                run(TESTBED, "down", "--name", NAME)
        rest, resident = living()
        run(TESTBED, "down", "--name", NAME)
    timings = [Timing("floor", tuple(floors)), Timing("testbed up", tuple(ups)), *rest]
    return timings, resident, told


def prepare(scratch: Path, folders: Folders, image: Image) -> tuple[Plan, dict[str, str], Path]:
    """Write what the bare script starts from: the same domains and seeds, under another name."""
    bare = decide(find("aolda"), name="floor", folder=scratch / "floor", loopback="127.99.99.99")
    bare.folder.mkdir(mode=0o700)
    keys = make_keys(folders, bare)
    boot = Boot(image.disk, image.kernel, image.initrd, image.cmdline, image.digest)
    accel = accelerator(folders.cache)
    for machine in bare.machines:
        pair = keys.hosts[machine.name]
        seed = seed_files(
            bare,
            machine,
            authorized_key=keys.user.public,
            host_key_private=pair.private,
            host_key_public=pair.public,
        )
        (bare.folder / machine.seed).write_bytes(seed_iso(seed))
    xml = {m.name: domain_xml(bare, m, boot=boot, accel=accel) for m in bare.machines}
    return bare, xml, keys.user_file


def living() -> tuple[list[Timing], int]:
    """Measure life with the raised testbed; also the resident memory of all machines, in MiB."""
    resident = sum(
        machine["resident_mib"]
        for machine in json.loads(run(TESTBED, "status", "--name", NAME, "--json"))[0]["machines"]
    )
    save = timed(TESTBED, "checkpoint", "save", "bench", "--name", NAME)
    several = {
        "checkpoint restore to ready": ("checkpoint", "restore", "bench", "--name", NAME),
        "up on a healthy testbed": ("up", "aolda", "--name", NAME),
        "status": ("status", "--name", NAME),
        "testbed --help": ("--help",),
    }
    found = [Timing("checkpoint save", (save,))]
    for what, argv in several.items():
        found.append(Timing(what, tuple(timed(TESTBED, *argv) for _ in range(3))))
    return found, resident


def table(timings: list[Timing], resident: int) -> str:
    base = timings[0].median
    rows = ["| what | median | rounds | of the floor |", "| --- | ---: | --- | ---: |"]
    for timing in timings:
        each = ", ".join(f"{second:.1f}" for second in timing.seconds)
        rows.append(
            f"| {timing.what} | {timing.median:.1f} s | {each} | {timing.median / base:.2f} |"
        )
    rows.append(f"| resident memory of the six machines | {resident} MiB | | |")
    return "\n".join(rows) + f"\n\n{describe_host()}\n"


def describe_host() -> str:
    cpu = next(
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    accel = "KVM" if accelerator(Folders.of_user().cache) == "kvm" else "no KVM (TCG)"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{os.cpu_count()} x {cpu}, {memory:.0f} GiB, {accel}, {system}"


def write(name: str, text: str) -> None:
    """Put the text between the marks of that name in the READMEs."""
    for readme in README:
        before, begin, rest = readme.read_text().partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if begin and end:
            readme.write_text(f"{before}{begin}\n{text}{end}{after}")


if __name__ == "__main__":
    timings, resident, told = rounds()
    found = table(timings, resident)
    print(found)
    write("bench", found)
    write("recorded-up", f"```text\n$ testbed up\n{told}```\n")
