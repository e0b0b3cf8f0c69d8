"""Bad topologies and the exact text a user sees for each; `--update-golden` rewrites the texts."""

import contextlib
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from testbed.errors import TopologyError
from testbed.topology.document import parse
from testbed.topology.models import Topology
from testbed.topology.read import read
from testbed.topology.rules import RULES, Rule
from testbed.topology.shape import TOLD

CASES = sorted(Path(__file__).parent.glob("invalid/*.yaml"))


@cache
def refusal(case: Path) -> TopologyError:
    with pytest.raises(TopologyError) as caught:
        read(case.read_text(), case.name)
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_bad_topology_is_refused_in_these_words(case: Path, update_golden: bool) -> None:
    seen = "\n".join(refusal(case).lines()) + "\n"
    expected = case.with_suffix(".txt")
    if update_golden:
        expected.write_text(seen)
    assert expected.exists(), f"{expected.name} is missing; write it with --update-golden"
    assert seen == expected.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_problem_has_a_place_and_a_hint(case: Path) -> None:
    for problem in refusal(case).problems:
        assert problem.where, problem
        assert problem.hint, problem
        assert problem.line or case.stem == "file-empty", problem


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_messages_keep_their_tone(case: Path) -> None:
    text = "\n".join(refusal(case).lines()).lower()
    assert not set(re.findall(r"\w+", text)) & {"please", "oops", "pydantic", "validation"}
    assert not re.search(r"\w!", text)


def test_no_expected_text_is_left_over() -> None:
    texts = {path.stem for path in (Path(__file__).parent / "invalid").glob("*.txt")}
    assert texts <= {case.stem for case in CASES}


def test_there_are_enough_cases_and_some_have_several_problems() -> None:
    assert len(CASES) >= 50
    assert sum(len(refusal(case).problems) > 1 for case in CASES) >= 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_refuses_some_case(rule: Rule) -> None:
    assert any(list(rule(topology)) for topology in well_shaped())


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_every_sentence_about_a_shape_is_in_some_case(kind: str) -> None:
    assert kind in shape_errors()


def test_no_case_meets_a_shape_error_without_a_sentence() -> None:
    assert shape_errors() <= TOLD.keys()


def well_shaped() -> list[Topology]:
    """Return the cases that break rules only."""
    return [seen for seen in read_shapes() if isinstance(seen, Topology)]


def shape_errors() -> set[str]:
    """Return pydantic's names of all errors in the cases of a wrong shape."""
    wrong = [seen for seen in read_shapes() if isinstance(seen, ValidationError)]
    return {detail["type"] for error in wrong for detail in error.errors()}


@cache
def read_shapes() -> tuple[Topology | ValidationError, ...]:
    """Read every case that is YAML at all, without the rules."""
    return tuple(read_shape(data) for data in documents())


def read_shape(data: str) -> Topology | ValidationError:
    try:
        return Topology.model_validate_json(data, strict=True)
    except ValidationError as error:
        return error


def documents() -> Iterator[str]:
    for case in CASES:
        with contextlib.suppress(TopologyError):
            yield json.dumps(parse(case.read_text(), case.name).data)
