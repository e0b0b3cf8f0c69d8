import json
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from testbed.cli.schema import schema
from testbed.cli.validate import SeveralWrong, validate
from testbed.errors import TopologyError

TOPOLOGIES = Path(__file__).parents[3] / "testbed" / "topologies"
AOLDA = str(TOPOLOGIES / "aolda.yaml")
FLAT = (TOPOLOGIES / "aolda-flat.yaml").read_text(encoding="utf-8")


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(validate)
    app.command()(schema)
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def broken(tmp_path: Path) -> str:
    file = tmp_path / "broken.yaml"
    file.write_text(FLAT.replace("gateway: flat", "gateway: flta", 1))
    return str(file)


def test_a_fine_topology_is_called_fine_with_its_size() -> None:
    result = run("validate", AOLDA)
    assert result.stdout == f"{AOLDA} is fine: 6 machines, 15 cables, 6 VLANs\n"
    assert result.exit_code == 0


def test_a_shipped_topology_is_found_by_name() -> None:
    assert run("validate", "aolda-flat").stdout == (
        "aolda-flat is fine: 6 machines, 5 cables, 1 VLAN\n"
    )


def test_a_broken_topology_raises_its_problems(broken: str) -> None:
    error = run("validate", broken).exception
    assert isinstance(error, TopologyError)
    assert error.problems[0].where == "machines.sw1.gateway"


def test_all_files_are_reported(broken: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.yaml")
    result = run("validate", broken, AOLDA, missing)
    assert result.stdout.startswith(f"{AOLDA} is fine")
    assert isinstance(result.exception, SeveralWrong)
    text = "\n".join(result.exception.lines())
    assert f"error: {broken} has 1 problem" in text
    assert f"error: cannot read the topology file '{missing}'" in text
    assert result.exception.exit_code == TopologyError.exit_code


def test_json_says_that_all_is_fine() -> None:
    result = run("validate", "--json", AOLDA)
    assert json.loads(result.stdout) == {"ok": True, "problems": []}
    assert result.exit_code == 0


def test_json_lists_the_problems_and_keeps_the_exit_status(broken: str) -> None:
    result = run("validate", "--json", broken)
    answer = json.loads(result.stdout)
    assert answer["ok"] is False
    assert [set(problem) for problem in answer["problems"]] == [
        {"file", "where", "what", "hint", "line"}
    ]
    assert answer["problems"][0]["line"] > 0
    assert result.exit_code == TopologyError.exit_code


def test_json_reports_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    answer = json.loads(run("validate", "--json", str(tmp_path)).stdout)
    assert answer["problems"][0]["where"] == "file"
    assert "is a directory" in answer["problems"][0]["what"]


def test_schema_prints_the_json_schema() -> None:
    printed = json.loads(run("schema").stdout)
    assert printed["$id"] == "urn:testbed:topology"
    jsonschema.Draft202012Validator.check_schema(printed)
