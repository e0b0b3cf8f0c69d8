"""What `testbed up` raises without a topology: what the testbed was made from, or the default."""

from dataclasses import replace

import pytest
from lab import FakeHost

from testbed.apply import kept
from testbed.apply.choosing import choose
from testbed.apply.folders import Folders
from testbed.apply.kept import Kept
from testbed.errors import StateError
from testbed.topology.shipped import find


def chosen(
    host: FakeHost, folders: Folders, topology: str | None = None, name: str | None = None
) -> tuple[str, str]:
    made, called = choose(host, folders, topology, name)
    return made.name, called


def keep(folders: Folders, name: str, topology: str, *, half: bool = False) -> None:
    text = find(topology).model_dump_json()
    made = Kept(name, topology, ("network",), {"the topology": text}, (), ())
    folders.kept(name).mkdir(parents=True)
    kept.draft(folders, made)
    if not half:
        kept.publish(folders, name)


def test_where_there_is_nothing_it_is_the_default(host: FakeHost, folders: Folders):
    assert chosen(host, folders) == ("aolda", "aolda")
    assert chosen(host, folders, name="mine") == ("aolda", "mine")


def test_a_new_one_under_a_topologys_name_is_that_topology(host: FakeHost, folders: Folders):
    assert chosen(host, folders, name="aolda-one") == ("aolda-one", "aolda-one")


def test_a_topology_that_is_named_is_raised_whatever_exists(host: FakeHost, folders: Folders):
    host.has_all()
    assert chosen(host, folders, "aolda-one") == ("aolda-one", "aolda-one")
    assert chosen(host, folders, "aolda-one", "lab") == ("aolda-one", "lab")


def test_one_that_exists_goes_on_with_its_own(host: FakeHost, folders: Folders):
    host.has_all()
    assert chosen(host, folders, name="lab") == ("aolda-flat", "lab")


def test_the_only_one_needs_no_name(host: FakeHost, folders: Folders):
    host.has_all()
    assert chosen(host, folders) == ("aolda-flat", "lab")


def test_between_two_nothing_is_guessed(host: FakeHost, folders: Folders):
    host.has_all()
    (first, *_) = host.machines.values()
    host.machines["other"] = replace(first, testbed="other", domain="testbed-other-sw1")
    with pytest.raises(StateError, match="more than one testbed could be meant") as caught:
        chosen(host, folders)
    assert caught.value.why == "they are: lab, other"
    assert chosen(host, folders, "aolda") == ("aolda", "aolda")


@pytest.mark.parametrize("half", [False, True], ids=["kept", "on its way there"])
def test_one_that_is_kept_comes_back_as_it_was(host: FakeHost, folders: Folders, half: bool):
    keep(folders, "lab", "aolda-one", half=half)
    assert chosen(host, folders, name="lab") == ("aolda-one", "lab")


def test_down_and_up_come_back_to_the_same(host: FakeHost, folders: Folders):
    keep(folders, "lab", "aolda-one")
    assert chosen(host, folders) == ("aolda-one", "lab")
    keep(folders, "other", "aolda-flat", half=True)
    with pytest.raises(StateError, match="more than one"):
        chosen(host, folders)


def test_what_exists_goes_before_what_is_kept(host: FakeHost, folders: Folders):
    keep(folders, "other", "aolda-one")
    host.has_all()
    assert chosen(host, folders) == ("aolda-flat", "lab")


def test_one_that_another_version_kept_is_not_taken_for_the_default(
    host: FakeHost, folders: Folders
):
    folders.kept("lab").mkdir(parents=True)
    kept.draft(folders, Kept("lab", "aolda", ("network",), {"the topology": "{}"}, (), ()))
    kept.publish(folders, "lab")
    with pytest.raises(StateError, match="cannot be understood") as caught:
        chosen(host, folders, name="lab")
    assert "testbed down --forget --name lab" in caught.value.next_step
