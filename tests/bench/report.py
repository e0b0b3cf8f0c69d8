"""What was measured, as tables in the READMEs."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from measure import Timing

from testbed.apply.folders import Folders
from testbed.doctor.kvm import accelerator

README = Path("README.md"), Path("README.ko.md")


def table(timings: Iterable[Timing], figures: Iterable[str] = ()) -> str:
    """Return a Markdown table of the timings, and of figures that are rows already."""
    rows = ["| what | median | rounds |", "| --- | ---: | --- |"]
    for timing in timings:
        each = ", ".join(map(_short, timing.seconds))
        rows.append(f"| {timing.what} | {_short(timing.median)} s | {each} |")
    return "\n".join([*rows, *figures]) + f"\n\n{describe_host()}\n"


def _short(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds < 1 else f"{seconds:.1f}"


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
    """Show the text, and put it between the marks of that name in the READMEs."""
    print(text, flush=True)
    for readme in README:
        before, begin, rest = readme.read_text().partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        if begin and end:
            readme.write_text(f"{before}{begin}\n{text}{end}{after}")
