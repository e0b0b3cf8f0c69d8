"""What `testbed doctor` prints, word for word, and the status it ends with."""

import json
from pathlib import Path

import pytest
import typer

from testbed.cli import doctor as verb
from testbed.doctor import Patient, Verdict, examine
from testbed.doctor.finding import Finding, fail, ok, warn

GOLDEN = Path(__file__).parents[2] / "golden" / "doctor"
HEALTHY = (ok("python", "3.11.2"), ok("kvm", "a kernel booted"))
SLOW = (
    ok("python", "3.11.2"),
    warn("kvm", "there is no /dev/kvm", mend="sudo modprobe kvm_intel", cost="ten times slower"),
)
BROKEN = (
    *SLOW,
    fail("libvirt", "Failed to connect socket", mend="libvirtd --verbose", cost="no machines"),
)
CASES = {"healthy": HEALTHY, "slow": SLOW, "broken": BROKEN}


@pytest.mark.parametrize("name", CASES)
def test_the_table_is_as_agreed(name):
    printed = "\n".join(verb.table(CASES[name])) + "\n"
    assert printed == (GOLDEN / f"{name}.txt").read_text()


def run(monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...], *, json: bool) -> int:
    monkeypatch.setattr("testbed.doctor.examine", lambda _patient, *, again: iter(findings))
    try:
        verb.doctor(json=json)
    except typer.Exit as end:
        return int(end.exit_code)
    return 0


@pytest.mark.parametrize(("name", "status"), [("healthy", 0), ("slow", 0), ("broken", 4)])
def test_only_a_failure_changes_the_exit_status(monkeypatch, name, status):
    assert run(monkeypatch, CASES[name], json=False) == status


def test_json_holds_every_finding(monkeypatch, capsys):
    run(monkeypatch, BROKEN, json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [entry["verdict"] for entry in printed] == ["ok", "warn", "fail"]
    assert printed[2]["mend"] == "libvirtd --verbose"


@pytest.mark.usefixtures("no_programs")
def test_a_host_with_nothing_installed_is_examined_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr("testbed.doctor.hypervisor.asking", lambda _: _nobody_answers)
    monkeypatch.setattr("testbed.doctor.programs.search_path", lambda: "")
    patient = Patient(
        "test:///",
        tmp_path / "c",
        tmp_path / "d",
        tmp_path / "s",
        lambda _: {"a": 1},
        1,
        lambda: "",
    )
    findings = {finding.name: finding for finding in examine(patient)}
    for name in ("programs", "qemu", "user network", "cache folder", "data folder"):
        assert findings[name].verdict is Verdict.FAIL, name
        assert findings[name].mend
    assert findings["terminal"].name == "terminal"


def _nobody_answers() -> None:
    from testbed.errors import HostError

    raise HostError("cannot connect to libvirt", why="no such file")
