"""Questions to Ceph through a machine, and the two probes that write: both ends are said."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from testbed.errors import GuestError
from testbed.guest import Command, Result, Script
from testbed.guest.dialogue import Dialogue
from testbed.probe.ceph import objects, sequence
from testbed.probe.ceph.ask import CephSilent, asking
from testbed.probe.ceph.state import UNKNOWN, look

LATE = {"status": 110, "out": "", "text": "no answer in time"}


@dataclass
class Node:
    """A machine with the program that asks Ceph; `answers` are by what is asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    name: str = "node1"
    asked: list[dict[str, Any]] = field(default_factory=list)
    raw: str | None = None
    prints: str = ""
    ran: list[Command | Script] = field(default_factory=list)

    @contextmanager
    def talk(self, command: Command | Script, *, timeout: float = 60.0) -> Iterator[Dialogue]:
        yield cast(Dialogue, self)

    def ask(self, line: str = "") -> str:
        question = json.loads(line)
        self.asked.append(question)
        if self.raw is not None:
            return self.raw
        key = question["command"]["prefix"] if "command" in question else question["to"]
        found = self.answers.get(key, LATE)
        return json.dumps(found(question) if callable(found) else found)

    def run(
        self, command: Command | Script, *, timeout: float = 60.0, stdin: bytes = b""
    ) -> Result:
        self.ran.append(command)
        return Result(0, self.prints, "", 0.1)


def fine(out: str = "") -> dict[str, Any]:
    return {"status": 0, "out": out, "text": ""}


def digest_of(question: dict[str, Any]) -> dict[str, Any]:
    return fine(hashlib.sha256(question["name"].encode()).hexdigest())


class TestAsking:
    def test_every_question_has_a_deadline(self) -> None:
        node = Node({"status": fine("{}")})
        with asking(node) as ask:
            ask.mon("status")
            ask.mgr("pg dump", timeout=3)
            ask.daemon("mon.node1", "mon_status")
            ask.read("volumes", "x")
        assert [question["timeout"] for question in node.asked] == [10.0, 3, 10.0, 10.0]
        assert [question["to"] for question in node.asked] == ["mon", "mgr", "socket", "read"]

    def test_no_answer_in_time_is_an_answer_until_its_values_are_asked_for(self) -> None:
        with asking(Node()) as ask:
            answer = ask.mon("status")
            assert (answer.ok, answer.late) == (False, True)
            with pytest.raises(CephSilent) as caught:
                answer.json()
        assert caught.value.why == "no answer in time"

    def test_an_answer_that_is_none_names_the_machine(self) -> None:
        broken = Node(raw="Traceback (most recent call last):")
        with (
            pytest.raises(GuestError, match="node1: its answer about Ceph is no answer"),
            asking(broken) as ask,
        ):
            ask.mon("status")


def test_without_a_quorum_a_look_says_what_the_monitor_says() -> None:
    status = {
        "name": "node1",
        "state": "probing",
        "quorum": [],
        "monmap": {"mons": [{"rank": 0, "name": "node1"}, {"rank": 1, "name": "node2"}]},
    }
    seen = look(Node({"mon_status": fine(json.dumps(status))}))
    assert seen.health == UNKNOWN
    assert seen.problems == ("no quorum: mon.node1 is probing; no quorum of node1, node2",)


def test_with_everything_silent_a_look_still_ends() -> None:
    assert look(Node()).problems == ("no quorum: mon.node1 is silent",)


class TestRoundTrip:
    def verdict(self, node: Node) -> Any:
        with asking(node) as ask:
            return objects.round_trip(ask, "volumes", seed="s", size=4096)

    def test_the_same_checksum_holds_and_the_object_is_deleted(self) -> None:
        node = Node({"write": digest_of, "read": digest_of, "delete": fine()})
        found = self.verdict(node)
        assert found.holds
        assert found.seen.startswith("4096 bytes, SHA-256 ")
        assert [question["to"] for question in node.asked] == ["write", "read", "delete"]

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({}, "not written: no answer in time"),
            ({"write": digest_of}, "not read: no answer in time"),
        ],
    )
    def test_what_did_not_work_is_said(self, answers: dict[str, Any], expected: str) -> None:
        node = Node(answers)
        found = self.verdict(node)
        assert (found.holds, found.seen) == (False, expected)
        assert node.asked[-1]["to"] == "delete", "nothing is left behind"
        assert len({question["name"] for question in node.asked}) == 1

    def test_two_looks_at_once_do_not_meet(self) -> None:
        node = Node({"write": digest_of, "read": digest_of, "delete": fine()})
        for _ in range(2):
            self.verdict(node)
        assert len({question["name"] for question in node.asked}) == 2

    def test_other_bytes_do_not_hold(self) -> None:
        other = fine("f" * 64)
        found = self.verdict(Node({"write": digest_of, "read": other, "delete": fine()}))
        assert not found.holds
        assert found.seen.startswith("4096 bytes, SHA-256 ffffffffffff, not ")


class TestSequence:
    def test_a_report_is_read(self) -> None:
        told = {"acknowledged": 38, "longest_gap": 27.9, "since_last": 0.2, "lost": [7]}
        found = sequence.report(Node(prints=json.dumps(told)), "volumes")
        assert found == sequence.Sequence(38, 27.9, 0.2, (7,))
        assert str(found) == "38 writes acknowledged, 1 of them lost, longest gap 27.9 s"

    def test_writing_has_started_when_a_write_was_acknowledged(self) -> None:
        node = Node(prints="1\n")
        sequence.start(node, "volumes")
        assert "--unit=testbed-sequence" in str(node.ran[0])

    @pytest.mark.parametrize("name", ["", "Seq", "a b", "x/../y", "a" * 33])
    def test_a_name_that_is_no_unit_name_is_refused(self, name: str) -> None:
        with pytest.raises(ValueError, match="no name of a sequence"):
            sequence.acknowledged(Node(prints="1"), name)
