import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from testbed.errors import Problem, TestbedError, TopologyError
from testbed.topology.document import parse
from testbed.topology.models import Topology
from testbed.topology.read import UnreadableTopology, read, read_file

TOPOLOGIES = Path(__file__).parents[3] / "testbed" / "topologies"
FLAT = (TOPOLOGIES / "aolda-flat.yaml").read_text(encoding="utf-8")
FLAT_DATA = yaml.safe_load(FLAT)
KEYS = ["x", ".", "<<", "~", "vlans", "machines", "cables", "role", "nics", "bonds", "members"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["sw1:node1", "10.16.0.1", "10.16.0.0/16", "switch", "2G", "flat", "node1"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text()), inner, max_size=6),
    ),
    max_leaves=30,
)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(TopologyError) as caught:
        read(text, "lab.yaml")
    return caught.value.problems


def paths(value: object) -> list[tuple[str | int, ...]]:
    """Return the way to every value inside a document."""
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    else:
        return []
    return [way for key, part in steps for way in [(key,), *((key, *w) for w in paths(part))]]


@given(st.text())
@example("a: &a [*a]")
@example("? {a: b}\n: c")
@example("\ud800")
@example('name: "\\ud800"')
@example('name: "\\U00110000"')
@example('name: "\\UFFFFFFFF"')
@example("[" * 1000)
@example("{a: " * 1000)
@example("<<: *x")
@example("a: 1\n---\nb: 2")
@example("%YAML 9.9\n---\na: 1")
@example("!!python/object/apply:os.system [ls]")
@example("id: " + "9" * 6000)
@example("machines: {'': {}, '.': {}, '[key]': {}}")
@example("machines: {vlans: {nics: {bonds: 5}}, nics: 3, cables: {0: 1}}")
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    with pytest.raises(TestbedError):
        read(text, "lab.yaml")


@given(VALUES)
def test_any_yaml_is_refused_in_our_words(value: object) -> None:
    with pytest.raises(TopologyError) as caught:
        read(yaml.safe_dump(value, allow_unicode=True), "lab.yaml")
    assert caught.value.problems
    assert all(line.isprintable() for line in caught.value.lines())


@given(way=st.sampled_from(paths(FLAT_DATA)), value=VALUES)
def test_one_changed_value_is_read_or_refused_in_our_words(
    way: tuple[str | int, ...], value: object
) -> None:
    data = copy.deepcopy(FLAT_DATA)
    part = data
    for step in way[:-1]:
        part = part[step]
    part[way[-1]] = value
    try:
        topology = read(yaml.safe_dump(data, allow_unicode=True), "lab.yaml")
    except TopologyError as refusal:
        assert all(line.isprintable() for line in refusal.lines())
    else:
        assert isinstance(topology, Topology)


def test_problems_come_in_the_order_of_lines() -> None:
    text = FLAT.replace("id: 1,", "id: 9999,").replace("role: node", "role: nod")
    lines = [problem.line for problem in problems(text)]
    assert lines == sorted(lines)
    assert len(lines) == 4


def test_entries_of_lists_are_counted_from_one() -> None:
    [problem] = problems(FLAT.replace("[node1:eno1, sw1:node1]", "[node1.eno1, sw1:node1]"))
    assert problem.where == "cables.2"
    assert FLAT.splitlines()[problem.line - 1].startswith("  - [node1:eno1")


def test_a_key_given_twice_does_not_hide_other_problems() -> None:
    text = FLAT.replace("gateway: flat", "gateway: flta").replace("vcpus", "vcpus")
    text = text.replace("    memory: 320M\n", "    memory: 320M\n    memory: 2G\n", 1)
    assert {"already on line" in p.what for p in problems(text)} == {True, False}


def test_anchors_and_merges_save_typing() -> None:
    data = parse("base: &b {role: node, memory: 1G}\none: {<<: *b, memory: 2G}\ntwo: *b", "x").data
    assert data["one"] == {"role": "node", "memory": "2G"}
    assert data["two"] == {"role": "node", "memory": "1G"}


def test_a_merge_takes_a_list_and_the_first_mapping_wins() -> None:
    data = parse("a: &a {x: 1}\nb: &b {x: 2, y: 3}\nc: {<<: [*a, *b]}", "x").data
    assert data["c"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("010", 10),
        ("10:30", "10:30"),
        ("2024-01-01", "2024-01-01"),
        ("'10'", "10"),
        ("~", None),
        ("true", True),
        ("802.3ad", "802.3ad"),
        ("1.5", 1.5),
        ("0x10", "0x10"),
    ],
)
def test_nothing_is_turned_into_something_else(text: str, value: object) -> None:
    assert parse(f"key: {text}", "x").data == {"key": value}


def test_a_number_in_quotes_is_no_number() -> None:
    [problem] = problems(FLAT.replace("id: 1,", "id: '1',"))
    assert problem.hint == "write id: 1 without quotes"


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTopology) as caught:
        read_file(tmp_path / "none.yaml")
    assert caught.value.why == "No such file or directory"
    assert caught.value.next_step


def test_a_directory_is_no_topology(tmp_path: Path) -> None:
    folder = tmp_path / "my labs"
    folder.mkdir()
    with pytest.raises(UnreadableTopology, match="is a directory") as caught:
        read_file(folder)
    assert caught.value.next_step.endswith(f": testbed validate '{folder}/mylab.yaml'")


def test_a_picture_is_no_topology(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    with pytest.raises(UnreadableTopology, match="UTF-8"):
        read_file(file)


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(FLAT, encoding="utf-8-sig")
    assert read_file(file).name == "aolda-flat"


@pytest.mark.parametrize("letter", ["x", "한"])
def test_a_huge_file_is_refused_unread(tmp_path: Path, letter: str) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(f"#{letter * 300_000}")
    with pytest.raises(TopologyError, match="1 problem") as caught:
        read_file(file)
    assert "larger than" in caught.value.problems[0].what


def test_korean_survives_in_a_description() -> None:
    text = FLAT.replace("three nodes with one NIC each", "노드 셋")
    assert read(text, "lab.yaml").description.startswith("노드 셋")
