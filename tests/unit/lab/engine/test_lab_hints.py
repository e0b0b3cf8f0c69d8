"""Hints come rung by rung, with time to look oneself."""

from dataclasses import replace

from testbed.apply.folders import Folders
from testbed.lab import attempt, timeline
from testbed.lab.attempt import Attempt, Opened, Phase
from testbed.lab.checking import CheckResult, ObjectiveSeen
from testbed.lab.format import Lab, Mode, Tier
from testbed.lab.hints import next_hint, open_hint
from testbed.lab.observation import Status

GOING = Attempt("quiet-node", Mode.GUIDED, "ko", Phase.LIVE, "network", started=1000.0)


def opened(*hints: tuple[str, float], **changes: object) -> Attempt:
    return replace(GOING, hints=tuple(Opened(*hint) for hint in hints), **changes)


def test_the_first_rung_is_there_at_once(lab: Lab):
    assert next_hint(lab, GOING, None, 1000.0) == "look"


def test_the_next_rung_comes_a_minute_later(lab: Lab):
    assert next_hint(lab, opened(("look", 1000.0)), None, 1010.0) == 50.0
    assert next_hint(lab, opened(("look", 1000.0)), None, 1060.0) == "meaning"


def test_a_check_in_between_opens_the_next_rung(lab: Lab):
    assert next_hint(lab, opened(("look", 1000.0), checked=1005.0), None, 1010.0) == "meaning"
    assert next_hint(lab, opened(("look", 1000.0), checked=990.0), None, 1010.0) == 50.0


def test_hints_lead_to_the_first_objective_that_does_not_hold(lab: Lab):
    assert next_hint(lab, opened(reached=("serving",)), None, 1000.0) == "do"
    seen = CheckResult((ObjectiveSeen("serving", Tier.MITIGATED, Status.PASS, ()),), ())
    assert next_hint(lab, GOING, seen, 1000.0) == "do"


def test_ladders_are_climbed_in_the_order_in_which_they_stand(lab: Lab):
    turned = lab.model_copy(update={"hints": (*lab.hints[-1:], *lab.hints[:-1])})
    assert next_hint(turned, GOING, None, 1000.0) == "do"


def test_another_ladder_begins_at_once(lab: Lab):
    going = opened(("look", 1000.0), reached=("serving",))
    assert next_hint(lab, going, None, 1001.0) == "do"


def test_a_ladder_that_is_read_leads_to_the_next_objectives(lab: Lab):
    both = opened(("look", 1.0), ("meaning", 2.0))
    assert next_hint(lab, both, None, 1000.0) == "do"
    assert next_hint(lab, opened(("look", 1.0), ("meaning", 2.0), ("do", 3.0)), None, 9.0) is None


def test_where_all_is_reached_there_is_no_hint(lab: Lab):
    assert next_hint(lab, opened(reached=("serving", "mended")), None, 1000.0) is None


def test_an_opened_hint_is_remembered(folders: Folders):
    attempt.save(folders, "lab", GOING)
    later = open_hint(folders, "lab", GOING, "look", 1003.0)
    assert attempt.get(folders, "lab") == later
    assert later.hints == (Opened("look", 1003.0),)
    assert [e["event"] for e in timeline.events(folders, "lab")] == ["hint.opened"]


def test_a_hint_leaves_alone_what_was_noted_since_the_attempt_was_read(folders: Folders):
    attempt.save(folders, "lab", replace(GOING, guide_step=2, hints=(Opened("look", 1001.0),)))
    later = open_hint(folders, "lab", GOING, "meaning", 1003.0)
    assert later.guide_step == 2
    assert [each.hint for each in later.hints] == ["look", "meaning"]
