"""`testbed doctor`."""

import dataclasses
import json as json_module
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.options import Json
from testbed.errors import HostError

if TYPE_CHECKING:
    from testbed.doctor import Patient
    from testbed.doctor.finding import Finding
    from testbed.doctor.kvm import Accelerator
    from testbed.plan.models import Plan


def doctor(
    again: Annotated[
        bool,
        typer.Option("--again", help="Try KVM again; its answer is kept until a reboot."),
    ] = False,
    json: Json = False,
) -> None:
    """Prove that this host can run testbeds.

    It tries what a testbed will need instead of guessing: it boots a kernel, sends packets,
    writes where images go. Each failure comes with the command that mends it.
    """
    from testbed.doctor import Verdict, examine

    findings = tuple(examine(_patient(), again=again))
    if json:
        typer.echo(json_module.dumps([dataclasses.asdict(each) for each in findings], indent=1))
    else:
        for line in table(findings):
            typer.echo(line)
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        raise typer.Exit(HostError.exit_code)


def _patient() -> "Patient":
    from testbed.apply.budget import needs
    from testbed.apply.choosing import DEFAULT
    from testbed.apply.folders import Folders
    from testbed.apply.kept import bytes_on_disk, names_of_whole
    from testbed.doctor import Patient
    from testbed.image import Store
    from testbed.image.sandbox import trouble_in_namespace

    folders = Folders.of_user()
    plans = {plan.name: plan for plan in _plans()}

    def memory_mib(accelerator: "Accelerator") -> Mapping[str, int]:
        return {name: needs(p.machines, accelerator).memory_mib for name, p in plans.items()}

    return Patient(
        uri=os.environ.get("TESTBED_URI", "qemu:///session"),
        cache=folders.cache,
        data=folders.data,
        state=folders.state,
        memory_mib=memory_mib,
        disk_mib=max(needs(plan.machines, "qemu").disk_mib for plan in plans.values()),
        trouble_in_namespace=trouble_in_namespace,
        kept_mib={k: bytes_on_disk(folders, k) // 2**20 for k in names_of_whole(folders)},
        image_mib=Store(folders.cache).need_mib(
            dict.fromkeys(machine.image for machine in plans[DEFAULT].machines)
        ),
    )


def table(findings: Iterable["Finding"]) -> Iterator[str]:
    """Yield the findings as lines: verdict, name, what was seen; below it cost and mending."""
    findings = tuple(findings)
    width = max((len(finding.name) for finding in findings), default=0)
    margin = " " * (width + 8)
    for finding in findings:
        yield f"{finding.verdict:<4}  {finding.name:<{width}}  {finding.seen}"
        if finding.cost:
            yield f"{margin}cost: {finding.cost}"
        if finding.mend:
            yield f"{margin}mend: {finding.mend}"
    yield _summary(findings)


def _summary(findings: Iterable["Finding"]) -> str:
    count = {"fail": 0, "warn": 0}
    for finding in findings:
        if finding.verdict in count:
            count[finding.verdict] += 1
    if count["fail"]:
        return f"{count['fail']} failed: testbeds do not work here until that is mended"
    if count["warn"]:
        return f"testbeds work here; {count['warn']} to know about"
    return "testbeds work here"


def _plans() -> Iterator["Plan"]:
    from pathlib import Path

    from testbed.plan.decide import plan
    from testbed.topology.shipped import find, shipped

    for name in shipped():
        yield plan(find(name), name=name, folder=Path(), loopback="127.0.0.1")
