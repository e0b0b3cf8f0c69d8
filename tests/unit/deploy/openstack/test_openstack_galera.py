"""Which database begins after all have stopped: a pure decision."""

import pytest

from testbed.deploy.openstack.galera import Position, first, read_position
from testbed.errors import DeployError

OURS = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
NOBODY = "00000000-0000-0000-0000-000000000000"
STOPPED = (
    f"# GALERA saved state\nversion: 2.1\nuuid:    {OURS}\nseqno:   12\nsafe_to_bootstrap: 1\n"
)
CUT_OFF = (
    f"# GALERA saved state\nversion: 2.1\nuuid:    {OURS}\nseqno:   -1\nsafe_to_bootstrap: 0\n"
)
RECOVERED = f"--wsrep_start_position={OURS}:57\n"


def test_a_server_that_stopped_in_order_has_written_down_how_far_it_is() -> None:
    assert read_position(STOPPED, "") == Position(OURS, 12, last=True)


def test_one_that_was_cut_off_is_asked_to_recover_it() -> None:
    assert read_position(CUT_OFF, RECOVERED) == Position(OURS, 57)
    assert read_position(CUT_OFF, "") == Position(OURS, -1)


def test_what_galera_itself_has_given_up_is_nobodys() -> None:
    given_up = read_position(CUT_OFF.replace(OURS, NOBODY), RECOVERED)
    assert given_up == Position(NOBODY, -1)
    assert first({"node1": given_up, "node2": Position(OURS, 5)}) == "node2"


def test_the_recovery_of_one_that_stopped_in_order_is_not_needed() -> None:
    assert read_position(STOPPED, RECOVERED).write == 12


@pytest.mark.parametrize(
    ("writes", "begins"),
    [
        ({"node1": 3, "node2": 9, "node3": 8}, "node2"),
        ({"node1": 9, "node2": 9, "node3": 9}, "node1"),
        ({"node1": 8, "node2": 9, "node3": 9}, "node2"),
    ],
    ids=["one is ahead", "as the image has it", "two are ahead"],
)
def test_the_one_begins_that_lacks_nothing(writes: dict[str, int], begins: str) -> None:
    assert first({name: Position(OURS, write) for name, write in writes.items()}) == begins


def test_among_equals_the_one_begins_that_knows_it_was_last() -> None:
    places = {"node1": Position(OURS, 9), "node2": Position(OURS, 9, last=True)}
    assert first(places) == "node2"


def test_one_that_never_was_a_member_does_not_begin() -> None:
    places = {"node1": Position(NOBODY, -1), "node2": Position(OURS, 0)}
    assert first(places) == "node2"


@pytest.mark.parametrize(
    ("places", "why"),
    [
        (
            {"node1": Position(OURS, 9), "node2": Position(OURS, -1)},
            "a server does not know how far its data is",
        ),
        (
            {"node1": Position(OURS, 9), "node2": Position(OTHER, 5)},
            "their data are of different clusters",
        ),
        ({"node1": Position(NOBODY, -1)}, "a server does not know how far its data is"),
    ],
    ids=["unknown", "two clusters", "nothing"],
)
def test_where_it_cannot_be_told_nothing_begins(places: dict[str, Position], why: str) -> None:
    with pytest.raises(DeployError) as caught:
        first(places)
    assert caught.value.why.startswith(why)
    assert "node1: " in caught.value.why
