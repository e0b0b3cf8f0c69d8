"""`testbed graph` of a topology: what it prints and where."""

import json
from pathlib import Path

from typer.testing import CliRunner

from testbed.cli.main import app

RUN = CliRunner()


def test_a_shipped_topology_is_drawn_without_a_testbed() -> None:
    result = RUN.invoke(app, ["graph", "aolda-flat"])
    assert result.exit_code == 0
    assert "┠─ node1 ──── eno1" in result.stdout


def test_the_svg_goes_to_standard_output_alone() -> None:
    result = RUN.invoke(app, ["graph", "aolda-flat", "--svg", "-"])
    assert result.stdout.startswith("<svg ")
    assert result.stderr == ""


def test_the_svg_goes_to_a_file_and_says_so_beside_the_output(tmp_path: Path) -> None:
    file = tmp_path / "lab.svg"
    result = RUN.invoke(app, ["graph", "aolda-flat", "--svg", str(file)])
    assert file.read_text().startswith("<svg ")
    assert (result.stdout, result.stderr) == ("", f"wrote {file}\n")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "lab.svg"
    result = RUN.invoke(app, ["graph", "aolda-flat", "--svg", str(file)])
    assert result.exit_code == 1
    assert f"error: cannot write '{file}'" in result.stderr


def test_the_facts_are_json() -> None:
    result = RUN.invoke(app, ["graph", "aolda-flat", "--json"])
    assert len(json.loads(result.stdout)["cables"]) == 5


def test_a_picture_and_facts_cannot_both_be_had(tmp_path: Path) -> None:
    file = tmp_path / "lab.svg"
    result = RUN.invoke(app, ["graph", "aolda-flat", "--svg", str(file), "--json"])
    assert (result.exit_code, file.exists()) == (2, False)


def test_a_topology_and_a_testbed_cannot_both_be_drawn() -> None:
    result = RUN.invoke(app, ["graph", "aolda", "--name", "lab"])
    assert result.exit_code == 2
