"""Advice names the testbed that is meant, and only where it has to."""

import pytest
from lab import FakeHost

from testbed.cli.advice import meaning, named, naming
from testbed.errors import HostError, StateError


@pytest.mark.parametrize(
    "sentence",  # with ~ where the name is missing
    [
        "run: testbed up~",
        "run: testbed down~, then: testbed up~",
        "start over: testbed down --forget~, then: testbed up TOPOLOGY",
        "run: testbed down --forget --name y",
        "run: testbed down --name y, then: testbed up --name y",
        "run: testbed up aolda --name y --to storage",
        "raise one that has: testbed up aolda-cloud",
        "run: testbed up~ --to network, or add the section",
        "run: testbed logs collect~, then: testbed up~",
        "read: testbed ssh~ node1 -- sudo journalctl -u mariadb",
        "see how Ceph is: testbed ceph~ -- status",
        "make it: testbed openstack~ --admin role create member",
        "look at its console with: testbed console~ node1",
        "take one with: testbed checkpoint save~ NAME",
        "go back to what testbed checkpoint list~ shows, or begin anew",
        "begin again: testbed lab finish~ --give-up, then: testbed lab start~ quiet-road",
        "go on with: testbed lab status~, or end it with: testbed lab finish~",
        "testbed ssh-config~ > lab.ssh",
        "testbed power on~ node1; testbed link up~ node1 eno1",
        "see all of it: testbed status --check",
        "첫 증상은 testbed lab check~가 알려 줘요. 막히면 testbed lab hint~",
        "the cable that is out in `testbed graph~`; or testbed graph~ --svg FILE",
        "testbed graph~\n",
        "see it with: testbed graph aolda",
        "choose one with: testbed lab list",
        "run: testbed lab lint quiet-road",
        "run: testbed doctor",
        "wait for it to end, then run the command again",
        "",
    ],
)
def test_commands_that_mean_a_testbed_name_it(sentence: str):
    advice, told = sentence.replace("~", ""), sentence.replace("~", " --name x")
    assert named(advice, " --name x") == told
    assert named(told, " --name x") == told, "named twice is named once"
    assert named(advice, "") == advice


def test_the_only_testbed_needs_no_name():
    assert naming((), "lab") == naming(("lab",), "lab") == ""
    assert naming(("lab", "other"), "lab") == naming(("other",), "lab") == " --name lab"


def test_an_error_is_about_the_testbed_it_came_from(two: FakeHost):
    with pytest.raises(StateError) as caught, meaning(two, "lab"):
        raise StateError("x", next_step="run: testbed resume")
    assert caught.value.next_step == "run: testbed resume --name lab"


def test_a_host_that_is_gone_changes_no_advice(two: FakeHost, monkeypatch: pytest.MonkeyPatch):
    def refuses(*_: object) -> None:
        raise HostError("the connection is lost")

    monkeypatch.setattr(two, "list_machines", refuses)
    with pytest.raises(StateError) as caught, meaning(two, "lab"):
        raise StateError("x", next_step="run: testbed resume")
    assert caught.value.next_step == "run: testbed resume"
