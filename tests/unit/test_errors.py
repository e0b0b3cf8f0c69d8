"""Errors as the user sees them."""

import pytest

from testbed import errors
from testbed.errors import HostError, Problem, TestbedError, TopologyError


def test_an_error_says_what_why_and_what_next():
    error = HostError("cannot start it", why="no memory", next_step="run: testbed doctor")
    assert list(error.lines()) == [
        "error: cannot start it",
        "  why: no memory",
        " next: run: testbed doctor",
    ]
    assert str(error) == "cannot start it"


def test_what_is_not_known_is_not_told():
    assert list(TestbedError("cannot start it").lines()) == ["error: cannot start it"]


def test_a_topology_error_tells_all_problems_with_place_and_hint():
    error = TopologyError(
        "lab.yaml",
        [
            Problem("nodes.node1", "it has no NIC", "add one", 7),
            Problem("vlans", "there are none"),
        ],
    )
    assert list(error.lines()) == [
        "error: lab.yaml has 2 problems",
        "  line 7: nodes.node1: it has no NIC",
        "    hint: add one",
        "  vlans: there are none",
        " next: edit lab.yaml, then run: testbed validate lab.yaml",
    ]


def test_a_topology_in_a_folder_with_a_space_is_validated_as_it_is_typed():
    error = TopologyError("my labs/lab.yaml", [Problem("x", "y")])
    assert error.next_step.endswith("then run: testbed validate 'my labs/lab.yaml'")


def test_one_problem_is_one_problem():
    assert str(TopologyError("lab.yaml", [Problem("x", "y")])) == "lab.yaml has 1 problem"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("TestbedError", 1),
        ("TopologyError", 3),
        ("HostError", 4),
        ("ImageError", 4),
        ("GuestError", 5),
        ("WaitTimeout", 6),
        ("StateError", 7),
    ],
)
def test_scripts_can_tell_errors_apart_by_their_exit_status(kind: str, status: int):
    assert getattr(errors, kind).exit_code == status
