# ruff: noqa: E501 - one case, one line
"""What follows from what machines told: the same claims on recorded answers, without machines."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from testbed.errors import GuestError
from testbed.guest import CommandTimeout, Result, Unreachable
from testbed.lab import words
from testbed.lab.drivers import answered, converge, hold, once, settled
from testbed.lab.format import Locale, Probe
from testbed.lab.observation import LATE, Observation, Status, failed, passed, said, together
from testbed.lab.probes import read
from testbed.lab.probes.cluster import reduced
from testbed.lab.probes.hearing import hear
from testbed.lab.words import say
from testbed.lab.world import Once

SAMPLES = Path(__file__).parents[2] / "probe" / "samples"
LAB_FOLDER = Path(words.__file__).parent


def probe(**values: Any) -> Probe:
    return TypeAdapter(Probe).validate_python(values)


def told(out: str = "", status: int = 0, last: str = "") -> dict[str, Any]:
    return {"status": status, "out": out, **({"last": last} if status else {})}


def bond_text(mode: str, interval: int, **members: str) -> str:
    lines = [f"Bonding Mode: {mode}", f"MII Polling Interval (ms): {interval}"]
    for name, state in members.items():
        lines += [f"Slave Interface: {name}", f"MII Status: {state}"]
    return "\n".join(lines) + "\n"


def cluster(**changes: Any) -> dict[str, Any]:
    names = ("status", "osd_dump", "osd_tree", "pg_dump")
    sample = {name: json.loads((SAMPLES / f"{name}.json").read_text()) for name in names}
    steps = [{"op": "take"}, {"op": "chooseleaf_firstn", "type": "host"}, {"op": "emit"}]
    ids = {pool["crush_rule"] for pool in sample["osd_dump"]["pools"]}
    heard = reduced(
        sample["status"],
        osd_dump=sample["osd_dump"],
        osd_tree=sample["osd_tree"],
        rules=[{"rule_id": each, "steps": steps} for each in ids],
        groups=sample["pg_dump"],
    )
    return {**heard, **changes}


PING = {"type": "ping", "from": "node1", "to": ["10.0.10.12", "10.0.10.13"]}
ARP = {"type": "arp", "from": "tenant", "interface": "eth0", "to": ["10.0.10.11"]}
PORTS = {"type": "ports", "from": "tenant", "to": ["10.0.10.11"], "ports": [22, 3300]}
ROUTE = {"type": "route", "on": "node1", "to": "10.0.50.9", "via": "10.0.10.1"}
BOND = {
    "type": "bond",
    "on": ["node1", "node2"],
    "bond": "bond0",
    "mode_is": "active-backup",
    "members": ["eno1", "eno2"],
}
GOOD = bond_text("fault-tolerance (active-backup)", 100, eno1="up", eno2="up")
RR = bond_text("load balancing (round-robin)", 0, eno1="up", eno2="up")
MTU = {"type": "mtu", "on": ["node1"], "interface": "vlan-storage", "mtu": 9000}
QUORUM = {"type": "ceph-quorum", "members": ["node1", "node2"]}
MON = {"state": "leader", "quorum": ["node1", "node2"], "monitors": ["node1", "node2"]}
POOLS = {"type": "ceph-pools", "size": 3, "min_size": 2, "failure_domain": "host"}
OSD_RULE = {"volumes": {"size": 3, "min_size": 2, "domain": "osd", "hosts": 1}}
WRITER = {"type": "writer", "sentinel": "client"}
UNREACHABLE = {"silent": "connection refused"}
CASES: list[tuple[Mapping[str, Any], Mapping[str, Any], str, str]] = [
    (PING, {"node1": told("10.0.10.12\n10.0.10.13\n")}, "pass", "10.0.10.12, 10.0.10.13"),
    (PING, {"node1": told("10.0.10.12\n")}, "fail", "Silent: 10.0.10.13"),
    (PING, {"node1": UNREACHABLE}, "error", "connection refused"),
    (PING, {"node1": {"late": 15.0}}, "fail", "within 15.0 s"),
    ({**PING, "size": 8972}, {"node1": told("")}, "fail", "8972 bytes"),
    ({**PING, "expect": "silence"}, {"node1": told("")}, "pass", "Nobody answers"),
    ({**PING, "expect": "silence"}, {"node1": told("10.0.10.12")}, "fail", "10.0.10.12"),
    (ARP, {"tenant": told("")}, "pass", "Nobody answers ARP on eth0"),
    (ARP, {"tenant": told("10.0.10.11\n")}, "fail", "10.0.10.11"),
    ({**ARP, "expect": "answers"}, {"tenant": told("")}, "fail", "Silent: 10.0.10.11"),
    ({**PORTS, "expect": "closed"}, {"tenant": told("")}, "pass", "10.0.10.11:22"),
    ({**PORTS, "expect": "closed"}, {"tenant": told("10.0.10.11:22")}, "fail", "10.0.10.11:22"),
    ({**PORTS, "expect": "open"}, {"tenant": told("10.0.10.11:22")}, "fail", "10.0.10.11:3300"),
    (ROUTE, {"node1": told('[{"gateway":"10.0.10.1","dev":"vlan-mgmt"}]')}, "pass", "10.0.10.1"),
    (ROUTE, {"node1": told('[{"gateway":"10.0.40.9","dev":"x"}]')}, "fail", "to 10.0.40.9 (x)."),
    (ROUTE, {"node1": told('[{"dev":"vlan-external"}]')}, "fail", "straight out of vlan-external"),
    (ROUTE, {"node1": told(status=2, last="Network is unreachable")}, "fail", "unreachable"),
    ({**ROUTE, "via": None}, {"node1": told('[{"dev":"eth0"}]')}, "pass", "straight out of eth0"),
    ({**ROUTE, "via": None}, {"node1": told('[{"gateway":"10.0.1.1","dev":"x"}]')}, "fail", "does not send packets for 10.0.50.9 straight"),
    (BOND, {"node1": told(GOOD), "node2": told(GOOD)}, "pass", "node1, node2"),
    (BOND, {"node1": told(GOOD), "node2": told(RR)}, "fail", "bond0 is not as it should be on: node2"),
    (BOND, {"node1": told(GOOD), "node2": told("")}, "fail", "should be on: node2"),
    (BOND, {"node1": told(GOOD.replace(": 100", ": 0")), "node2": told(GOOD)}, "fail", "should be on: node1"),
    (MTU, {"node1": told("9000\n")}, "pass", "9000"),
    (MTU, {"node1": told("1500\n")}, "fail", "node1 1500"),
    (MTU, {"node1": told("")}, "fail", "node1 -"),
    ({"type": "service", "on": ["a"], "unit": "x.service"}, {"a": told("active")}, "pass", "x.service"),
    ({"type": "service", "on": ["a"], "unit": "x.service"}, {"a": told("failed\n", 3, "failed")}, "fail", "a: failed"),
    ({"type": "command", "on": ["a"], "run": "false"}, {"a": told("", 1, "no such file")}, "fail", "a: no such file"),
    ({"type": "command", "on": ["a"], "run": "true"}, {"a": told("")}, "pass", "a"),
    ({"type": "running", "machines": ["a", "b"]}, {"a": "running", "b": "off"}, "fail", "b: off"),
    ({"type": "running", "machines": ["a"]}, {"a": "running"}, "pass", "a"),
    ({"type": "steady"}, {"machines": 6, "wrong": []}, "pass", "6 machines"),
    ({"type": "steady"}, {"machines": 6, "wrong": ["node1: names: x"]}, "fail", "node1: names: x"),
    ({"type": "ceph-health"}, cluster(), "pass", "HEALTH_OK"),
    ({"type": "ceph-health"}, cluster(health="HEALTH_WARN", checks={"MON_DOWN": "1/3"}), "fail", "MON_DOWN: 1/3"),
    ({"type": "ceph-health"}, cluster(health="HEALTH_OK", checks={"OSD_DOWN": "muted"}), "fail", "OSD_DOWN"),
    ({"type": "ceph-health", "but_for": ["MON_DOWN"]}, cluster(health="HEALTH_WARN", checks={"MON_DOWN": "1/3"}), "pass", "HEALTH_WARN"),
    ({"type": "ceph-health"}, cluster(muted=["OSD_DOWN"]), "fail", "(MUTED: OSD_DOWN)"),
    ({"type": "ceph-health", "but_for": ["SLOW_OPS"]}, cluster(muted=["SLOW_OPS"]), "pass", "HEALTH_OK"),
    ({"type": "ceph-health"}, {"mute": "no answer in time"}, "fail", "no answer in time"),
    ({"type": "ceph-health"}, {"silent": "nobody there"}, "error", "nobody there"),
    (QUORUM, {"node1": MON}, "pass", "node1, node2"),
    (QUORUM, {"node1": {**MON, "quorum": ["node1"]}}, "fail", "in quorum are node1,"),
    (QUORUM, {"node1": {**MON, "monitors": ["node1", "node2", "node3"]}}, "fail", "node3"),
    (QUORUM, {"node1": {**MON, "state": "probing", "quorum": []}}, "fail", "mon.node1 probing"),
    (QUORUM, {"node1": {"silent": "refused"}}, "error", "refused"),
    (QUORUM, {}, "fail", "no quorum"),
    ({"type": "ceph-osds", "up": 3}, cluster(), "pass", "3"),
    ({"type": "ceph-osds", "up": 3}, cluster(osds=[3, 2, 3]), "fail", "Of 3 OSDs that Ceph knows 2 are up"),
    ({"type": "ceph-osds", "up": 1}, cluster(osds=[3, 1, 1]), "fail", "Of 3 OSDs"),
    (POOLS, cluster(), "pass", "3 copies"),
    (POOLS, cluster(pools=OSD_RULE), "fail", "volumes size 3 min_size 2 osd"),
    ({"type": "ceph-placement", "hosts": 3}, cluster(), "pass", "3 distinct hosts"),
    ({"type": "ceph-placement", "hosts": 3}, cluster(pools=OSD_RULE), "fail", "volumes: 1"),
    ({"type": "ceph-placement", "hosts": 3}, cluster(states={"active+undersized": 4}), "fail", "4 active+undersized"),
    ({"type": "ceph-placement", "hosts": 3}, cluster(states={}), "fail", "3 distinct"),
    ({"type": "ceph-io", "from": "node1", "pool": "vms"}, {"holds": True, "seen": "64 KiB"}, "pass", "64 KiB"),
    ({"type": "ceph-io", "from": "node1", "pool": "vms"}, {"holds": False, "seen": "not written"}, "fail", "not written"),
    ({"type": "ceph-io", "from": "node1", "pool": "vms"}, UNREACHABLE, "error", "refused"),
    (WRITER, {"node1": told("7 100.0\n103.2 50.0\n")}, "pass", "3.2 s ago"),
    (WRITER, {"node1": told("7 100.0\n163.2 50.0\n")}, "fail", "63.2 s ago"),
    (WRITER, {"node1": told("7 900.0\n63.2 50.0\n")}, "fail", "63.2 s ago"),
    (WRITER, {"node1": told("7 60.0\n63.2 50.0\n24\n")}, "pass", "3.2 s ago"),
    (WRITER, {"node1": told("7 60.0\n63.2 50.0\n0\n")}, "fail", "63.2 s ago"),
    (WRITER, {"node1": told("63.2 50.0\n")}, "fail", "not been able"),
    (WRITER, {"node1": told("63.2 50.0\n0\n")}, "fail", "not been able"),
    (WRITER, {"-": {"silent": "there is no writer"}}, "error", "no writer"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "heard", "status", "seen"),
    CASES,
    ids=[f"{c[0]['type']}-{c[2]}-{n}" for n, c in enumerate(CASES)],
)
def test_what_was_heard_is_read(
    claim: Mapping[str, Any], heard: Mapping[str, Any], status: str, seen: str
):
    found = read(probe(**claim), json.loads(json.dumps(heard)))
    assert found.status == status
    assert seen in say(found.seen, Locale.EN)
    for locale in Locale:
        assert not say(found.seen, locale).startswith(found.seen.key), "there is no sentence"


@pytest.mark.parametrize(
    ("claim", "heard", "wanted"),
    [
        (ROUTE, told('[{"gateway":"10.0.40.9","dev":"x"}]'), "10.0.10.1"),
        (ROUTE, told('[{"dev":"vlan-external"}]'), "10.0.10.1"),
        (ROUTE, told(status=2, last="unreachable"), "10.0.10.1"),
        (MTU, told("1500\n"), "9000"),
    ],
)
@pytest.mark.parametrize("locale", Locale)
def test_what_is_seen_does_not_tell_what_it_should_be(
    claim: Mapping[str, Any], heard: Mapping[str, Any], wanted: str, locale: Locale
):
    seen = read(probe(**claim), {"node1": heard})
    assert seen.status == "fail"
    assert wanted not in say(seen.seen, locale)
    assert wanted not in str(seen.seen.values)


def used_keys() -> set[str]:
    files = [*LAB_FOLDER.glob("*.py"), *LAB_FOLDER.glob("probes/*.py")]
    return {
        key
        for file in files
        for key in re.findall(r'"((?:probe|check)\.[a-z_.]+)"', file.read_text())
    }


@pytest.mark.parametrize("area", ["probe", "check"])
def test_every_sentence_exists_in_every_language_and_is_used(area: str):
    own = {key for key in used_keys() if key.startswith(f"{area}.")}
    for locale in Locale:
        assert own == words.area_words(area, locale).keys()


@pytest.mark.parametrize("area", ["probe", "check"])
def test_a_sentence_has_no_value_that_korean_lacks(area: str):
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    korean, english = (words.area_words(area, locale) for locale in Locale)
    assert {k: fields(t) - {"wanted"} for k, t in korean.items()} == {
        k: fields(t) - {"wanted"} for k, t in english.items()
    }


class Deaf:
    def __init__(self, error: GuestError) -> None:
        self.error = error

    def run(self, *_: object, **__: object) -> Result:
        raise self.error


class OneGuest:
    def __init__(self, guest: Any) -> None:
        from threading import Semaphore

        self.own, self.looks = guest, Semaphore(1)

    def guest(self, _: str) -> Any:
        return self.own


def test_who_cannot_be_asked_is_told_apart_from_who_is_late():
    silent = OneGuest(Deaf(Unreachable("node1: no SSH", why="refused")))
    late = OneGuest(Deaf(CommandTimeout("node1: too slow")))
    assert hear(silent, "node1", None, 5.0) == {"silent": "refused"}
    assert hear(late, "node1", None, 5.0) == {"late": 5.0}


def test_one_answer_is_asked_for_once():
    asked: list[int] = []
    once_ = Once()
    for _ in range(3):
        assert once_.get("ceph", lambda: asked.append(1) or "answer") == "answer"
    assert asked == [1]


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def seeing(*statuses: str) -> Callable[[], Observation]:
    left = list(statuses)
    return lambda: Observation(Status(left.pop(0) if len(left) > 1 else left[0]), said("x"))


def test_converging_ends_at_the_first_success():
    clock = Clock()
    seen = converge(seeing("fail", "error", "pass"), within=60, clock=clock.now, sleep=clock.sleep)
    assert (seen.status, clock.at) == ("pass", 4.0)


def test_converging_looks_once_more_after_the_deadline():
    clock = Clock()
    seen = converge(seeing("fail"), within=5, clock=clock.now, sleep=clock.sleep)
    assert (seen.status, clock.at) == ("fail", 6.0)


def test_a_look_without_an_answer_is_made_again():
    looks = iter((failed(LATE), passed("x"), failed("x")))
    assert answered(lambda: next(looks)).status == "pass"
    assert answered(lambda: next(looks)).status == "fail"


def test_who_never_answers_is_told_at_last():
    looks = iter(3 * [failed(LATE)])
    assert answered(lambda: next(looks)).late
    assert list(looks) == []


def test_holding_ends_at_the_first_failure():
    clock = Clock()
    watch = {"lasting": 30, "clock": clock.now, "sleep": clock.sleep}
    assert hold(seeing("pass", "pass", "fail", "pass"), **watch).status == "fail"
    assert clock.at == 4.0
    assert hold(seeing("pass"), **watch).status == "pass"
    assert clock.at == 34.0


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ((), "pass"),
        (("pass", "pass"), "pass"),
        (("pass", "skip"), "skip"),
        (("error", "fail"), "fail"),
        (("error", "pass"), "error"),
    ],
)
def test_several_claims_are_as_good_as_the_worst(statuses: tuple[str, ...], worst: str):
    assert together(map(Status, statuses)) == worst


def settling(
    monkeypatch: pytest.MonkeyPatch, states: Mapping[str, Callable[[float], str]]
) -> tuple[dict[str, str], float]:
    """Return the status of probes that are as told at each second, and when that was known."""
    from testbed.lab import drivers

    clock = Clock()
    probes = {each: probe(**MTU, within=60) for each in states}
    names = {id(made): each for each, made in probes.items()}

    world = SimpleNamespace(clock=clock.now, sleep=clock.sleep)
    world.afresh = lambda: world

    def look(made: Probe, _: object) -> Observation:
        return Observation(Status(states[names[id(made)]](clock.at)), said("x"))

    def in_turn(items: Any, act: Callable[[Any], Any]) -> tuple[Any, ...]:
        return tuple(act(each) for each in items)

    monkeypatch.setattr(drivers, "look", look)
    monkeypatch.setattr(drivers, "side_by_side", in_turn)
    seen = drivers.settled_all(probes, states, world)  # type: ignore[arg-type]
    return {each: o.status.value for each, o in seen.items()}, clock.at


def holding(*spans: tuple[float, float]) -> Callable[[float], str]:
    """Return a probe that holds during these seconds."""
    return lambda at: "pass" if any(begin <= at < end for begin, end in spans) else "fail"


def test_what_held_before_the_others_did_must_still_hold_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
):
    slow, lost = holding((40, 999)), holding((0, 20))
    seen, _ = settling(monkeypatch, {"lost": lost, "slow": slow})
    assert seen == {"lost": "fail", "slow": "pass"}
    seen, at = settling(monkeypatch, {"back": holding((0, 20), (50, 999)), "slow": slow})
    assert (set(seen.values()), at) == ({"pass"}, 50.0)


def test_what_never_holds_together_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch):
    one = holding(*((at, at + 20) for at in range(0, 999, 40)))
    other = holding(*((at, at + 20) for at in range(20, 999, 40)))
    seen, at = settling(monkeypatch, {"one": one, "other": other})
    assert "fail" in seen.values()
    assert at < 4 * 60


def test_what_holds_at_one_moment_is_looked_at_once(monkeypatch: pytest.MonkeyPatch):
    seen, _ = settling(monkeypatch, {"lost": holding((0, 1)), "soon": holding((10, 999))})
    assert set(seen.values()) == {"pass"}


def test_probes_that_must_stay_true_are_watched(monkeypatch: pytest.MonkeyPatch):
    from testbed.lab import drivers

    clock = Clock()
    statuses = seeing("pass", "pass", "fail")
    monkeypatch.setattr(drivers, "look", lambda *_: statuses())

    class Quick:
        clock_, sleep = clock.now, clock.sleep

        def afresh(self) -> "Quick":
            return self

    Quick.clock = staticmethod(clock.now)
    Quick.sleep = staticmethod(clock.sleep)
    held = probe(**MTU, mode="hold", **{"for": 20})
    assert once(held, Quick()).status == "fail"
    statuses = seeing("fail", "pass")
    assert settled(probe(**MTU, mode="assert"), Quick()).status == "fail"
    assert settled(held, Quick()).status == "pass"
