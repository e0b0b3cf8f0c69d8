import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from testbed.errors import TestbedError, TopologyError
from testbed.topology.read import UnreadableTopology, read
from testbed.topology.schema import json_schema
from testbed.topology.shipped import find, shipped

FOLDER = Path(__file__).parents[3] / "testbed" / "topologies"


def test_the_shipped_topologies_are_aolda_at_four_times_and_once_for_small_computers() -> None:
    assert shipped() == (
        "aolda", "aolda-cloud", "aolda-cloud-compact", "aolda-flat", "aolda-one",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["aolda-cloud", "aolda-cloud-compact"])
def test_aoldas_cloud_is_aolda_with_more_memory_and_a_section_more(name: str) -> None:
    def network(topology: str) -> dict[str, object]:
        values = find(topology).model_dump(exclude={"name", "description", "cloud"})
        for machine in values["machines"].values():
            for key in ("memory", "vcpus", "image"):
                del machine[key]
        return values

    assert network(name) == network("aolda")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_topology_is_valid_and_bears_its_files_name(name: str) -> None:
    assert find(name).name == name


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_topology_fits_the_schema_for_editors(name: str) -> None:
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(data)


def test_a_path_is_read_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes((FOLDER / "aolda.yaml").read_bytes())
    assert find(str(file)) == find("aolda")


def test_a_file_without_an_ending_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_bytes((FOLDER / "aolda.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert find("mine") == find("aolda")


def test_an_unknown_name_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(UnreadableTopology) as caught:
        find("aolda-falt")
    assert "aolda, aolda-cloud" in caught.value.why
    assert caught.value.next_step == "run: testbed validate aolda-flat"


@pytest.mark.parametrize("name", ["", "x" * 5000, "a\0b", "./a\0b", "x" * 5000 + ".yaml", "…"])
def test_an_impossible_name_is_an_error_a_user_can_act_on(name: str) -> None:
    with pytest.raises(TestbedError) as caught:
        find(name)
    assert caught.value.next_step


def test_a_topology_that_breaks_a_rule_still_fits_the_schema_but_a_bad_shape_does_not() -> None:
    check = jsonschema.Draft202012Validator(json_schema())
    data = json.loads(
        json.dumps(yaml.safe_load((FOLDER / "aolda-flat.yaml").read_text(encoding="utf-8")))
    )
    data["machines"]["node1"]["gateway"] = "elsewhere"
    assert check.is_valid(data)
    with pytest.raises(TopologyError):
        read(yaml.safe_dump(data), "changed.yaml")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("machines", "node1", "memory"), "2GB"),
        (("machines", "node1", "memory"), 8),
        (("machines", "node1", "colour"), "green"),
        (("machines", "Node1"), {"role": "node", "memory": "1G"}),
        (("vlans", "flat", "subnet"), "10.16.0.0 / 16"),
        (("cables", 0), ["node1"]),
        (("cables", 0), ["node1", "sw1"]),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(
    place: tuple[str | int, ...], value: object
) -> None:
    data = yaml.safe_load((FOLDER / "aolda-flat.yaml").read_text(encoding="utf-8"))
    part = data
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(data)
    with pytest.raises(TopologyError):
        read(yaml.safe_dump(data), "changed.yaml")
