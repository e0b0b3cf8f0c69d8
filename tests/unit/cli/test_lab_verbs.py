"""What `testbed lab` says and remembers, with a testbed that is not real and a short lab."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from lab import FakeHost
from typer.testing import CliRunner, Result

sys.path.append(str(Path(__file__).parents[1]))  # the sample lab is shared

from lab_sample import BEGAN, EVENTS, FINISHED, write_lab
from test_lab_check import CASES, seen

from testbed.apply.folders import Folders
from testbed.lab import attempt, timeline
from testbed.lab import folder as lab_folder
from testbed.lab.attempt import Attempt, Opened, Phase
from testbed.lab.checking import CheckResult
from testbed.lab.format import Mode, Tier
from testbed.lab.telling import Told


def run(*arguments: str) -> Result:
    from testbed.cli.main import app

    return CliRunner().invoke(app, ["lab", *arguments])


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


GOING = Attempt(
    lab="quiet-road",
    mode=Mode.GUIDED,
    locale="en",
    phase=Phase.LIVE,
    healthy="network",
    started=BEGAN,
    symptom=BEGAN + 10,
)


@pytest.fixture(autouse=True)
def place(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A testbed 'lab' that stands, and one lab to play in it."""
    host.has_all()
    labs = tmp_path / "labs"
    folder = write_lab(labs)
    monkeypatch.setattr(lab_folder, "labs_folder", lambda: labs)
    for name in ("TESTBED_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    return folder


@pytest.fixture(autouse=True)
def closed_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    from testbed.lab import world

    @contextmanager
    def opened(*_: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(world, "open_world", opened)


def going(folders: Folders, **changes: object) -> Attempt:
    return attempt.save(folders, "lab", replace(GOING, **changes))


def nameless(told: str) -> list[str]:
    """Return the commands in a text that mean a testbed and do not name testbed 'lab'."""
    commands = re.findall(r"testbed (?:ssh|power|lab (?!list|show|lint)[a-z]+).*", told)
    return [each for each in commands if "--name lab" not in each]


def now(folders: Folders) -> Attempt:
    return attempt.get(folders, "lab")


def kinds(folders: Folders) -> list[str]:
    return [str(event["event"]) for event in timeline.events(folders, "lab")]


def sees(monkeypatch: pytest.MonkeyPatch, found: CheckResult) -> None:
    from testbed.lab import checking

    monkeypatch.setattr(checking, "check", lambda *_: found)


class TestCatalogue:
    def test_a_lab_is_listed_as_unproven_until_it_is_proven(self, folders: Folders):
        row = said("list").splitlines()[1]
        assert row.split("  ")[0] == "quiet-road"
        assert "A quiet road" in row
        assert "aolda-flat / network" in row
        assert "unproven" in row

    def test_a_proof_is_dated_until_the_lab_changes(self, place: Path, folders: Folders):
        from testbed.lab.proof import Proof, digest, write_proof

        write_proof(place, Proof("quiet-road", BEGAN, digest(place), {}, {}, (), {}))
        assert "2025-06-1" in said("list")
        (place / "lab.yaml").open("a").write("# changed\n")
        assert "changed since" in said("list")

    def test_a_failed_proof_is_none(self, place: Path, folders: Folders):
        from testbed.lab.proof import Proof, digest, write_proof

        write_proof(place, Proof("quiet-road", BEGAN, digest(place), {}, {}, ("x",), {}))
        assert "unproven" in said("list")

    def test_the_language_is_the_systems_or_as_told(self, folders: Folders):
        assert "A quiet road" in said("list")
        assert "조용한 길" in said("list", "--lang", "ko")
        assert "검증 안 됨" in said("list", "--lang", "ko")

    def test_a_lab_that_cannot_be_read_does_not_hide_the_others(self, place: Path, folders):
        (place.parent / "other").mkdir()
        (place.parent / "other" / "lab.yaml").write_text("nonsense")
        result = run("list")
        assert result.exit_code == 0
        assert "quiet-road" in result.stdout
        assert "'other' cannot be read" in result.stderr

    def test_scripts_get_a_list(self, folders: Folders):
        (found,) = json.loads(said("list", "--json"))
        assert (found["id"], found["proven"], found["attempts"]) == ("quiet-road", None, 0)

    def test_what_a_lab_needs_can_be_typed(self, folders: Folders):
        assert "testbed up aolda-flat --to network" in said("show", "quiet-road")

    def test_a_lab_from_elsewhere_is_started_from_there(
        self, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        assert said("show", "quiet-road").endswith("testbed lab start quiet-road\n")
        write_lab(tmp_path / "mine", "loud-house")
        monkeypatch.chdir(tmp_path / "mine")
        for path in ("../mine/loud-house", "loud-house"):
            assert said("show", path).endswith(f"testbed lab start {path}\n")

    def test_an_unknown_lab_is_8(self, folders: Folders):
        result = run("show", "quiet-rod")
        assert result.exit_code == 8
        assert "testbed lab show quiet-road" in result.stderr

    def test_ids_are_proposed_with_their_titles(self, folders: Folders):
        from testbed.cli.lab.options import complete_labs

        assert complete_labs() == [("quiet-road", "A quiet road")]


class TestStart:
    @pytest.fixture(autouse=True)
    def starts(self, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
        from testbed.lab import lint, start

        monkeypatch.setattr(lint, "hindering", lambda _: ())

        def begin(world, lab, *, mode, locale, report, scripts, folder) -> Attempt:
            report(Told("steady"))
            report(Told("steady", "", 2.5))
            report(Told("inject", "1", 1.0))
            return going(folders, mode=mode, locale=locale.value, folder=folder)

        monkeypatch.setattr(start, "start", begin)

    def test_steps_and_seconds_are_told_beside_the_output(self, folders: Folders):
        result = run("start", "quiet-road")
        assert "is everything sound now? (2.5 s)" in result.stderr
        assert "> No letters come." in result.stdout
        assert "bent-sign" not in result.stdout + result.stderr

    def test_it_ends_with_what_can_be_typed_and_that_it_is_recorded(self, folders: Folders):
        told = said("start", "quiet-road")
        for command in ("ssh node1", "lab guide", "lab check", "lab hint", "lab reset --to broken"):
            assert f"testbed {command}" in told
        assert str(folders.records("lab") / "lab") in told

    @pytest.mark.parametrize("locale", ["ko", "en"])
    def test_of_several_testbeds_every_command_names_the_one_that_was_broken(
        self, two: FakeHost, place: Path, locale: str
    ):
        (place / f"brief.{locale}.md").write_text("# x\n\n`testbed ssh router -- ip route`\n")
        told = said("start", "quiet-road", "--name", "lab", "--lang", locale)
        assert "testbed ssh --name lab router -- ip route" in told
        assert "testbed ssh --name lab node1 " in told
        assert "testbed lab reset --name lab --to broken" in told
        assert nameless(told) == []

    def test_of_several_testbeds_none_fits(self, two: FakeHost, place: Path):
        file = place / "lab.yaml"
        file.write_text(file.read_text().replace("topology: aolda-flat", "topology: aolda-one"))
        result = run("start", "quiet-road")
        assert result.exit_code == 8
        assert result.stderr.endswith(" next: run: testbed up aolda-one\n")

    def test_solo_offers_neither_guide_nor_hints(self, folders: Folders):
        told = said("start", "quiet-road", "--mode", "solo")
        assert "on your own" in told
        assert "testbed lab guide" not in told
        assert "testbed lab hint" not in told

    def test_a_language_nobody_speaks_is_told_with_where_it_was_asked_for(
        self, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("TESTBED_LANG", "fr")
        assert "language 'fr' of TESTBED_LANG" in run("start", "quiet-road").stderr

    def test_the_attempt_keeps_its_language(self, folders: Folders):
        said("start", "quiet-road", "--lang", "ko")
        assert now(folders).folder == ""
        assert "하고" not in said("status", "--lang", "en")
        assert "안내를 받으며" in said("status")

    def test_a_lab_from_elsewhere_is_found_again_by_every_verb(
        self, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        mine = write_lab(tmp_path / "mine")
        monkeypatch.setattr(lab_folder, "labs_folder", lambda: tmp_path / "none")
        monkeypatch.chdir(tmp_path)
        said("start", "mine/quiet-road")
        monkeypatch.chdir(folders.state)
        assert now(folders).folder == str(mine)
        assert "Slowly." in said("guide")
        assert "Where to look" in said("hint")
        assert "A quiet road" in said("status")
        timeline.begin(folders, "lab")
        for event in EVENTS:
            more = {"folder": str(mine)} if event["event"] == "lab.started" else {}
            values = {key: value for key, value in event.items() if key not in {"at", "event"}}
            told = {**values, **more, "at": float(event["at"])}
            timeline.record(folders, "lab", str(event["event"]), **told)
        assert "The longer prefix wins." in said("debrief", "quiet-road")


class TestUnplayable:
    """What would end in a traceback once the testbed is broken."""

    @pytest.mark.parametrize(
        ("file", "old", "new", "told"),
        [
            ("lab.yaml", "steady_state: [large", "steady_state: [huge", "no probe 'huge-packets"),
            ("lab.yaml", "{probe: large", "{probe: huge", "no probe 'huge-packets-pass'"),
            ("lab.yaml", "machine: node1,", "machine: node7,", "no machine 'node7'"),
            ("lab.yaml", "run: solutions/01", "run: solutions/02", "no script 'solutions/02"),
            ("text.ko.yaml", "  data-flows:", "  data-flow:", "'data-flows' of lab.yaml has no"),
        ],
    )
    def test_a_lab_that_would_stop_half_way_is_not_started(
        self, place: Path, folders: Folders, file: str, old: str, new: str, told: str
    ):
        said("new", "loud-house", "--in", str(place.parent))
        changed = place.parent / "loud-house" / file
        text = changed.read_text()
        assert old in text
        changed.write_text(text.replace(old, new, 1))
        result = run("start", "loud-house")
        assert result.exit_code == 8
        assert told in result.stderr
        assert attempt.find(folders, "lab") is None

    def test_what_only_a_proof_needs_hinders_nobody(
        self, place: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.lab import start

        monkeypatch.setattr(start, "start", lambda *_, **__: going(folders))
        said("new", "loud-house", "--in", str(place.parent))
        for name in ("translations.json", "facilitator.ko.md", "debrief.en.md"):
            (place.parent / "loud-house" / name).unlink()
        assert run("lint", "loud-house").exit_code == 8
        said("start", "loud-house")


class TestGuide:
    def test_the_first_step_has_the_introduction(self, folders: Folders):
        going(folders)
        told = said("guide")
        assert "Slowly." in told
        assert "## Look" in told
        assert "## Mend" not in told

    def test_one_step_at_a_time_and_it_is_remembered(self, folders: Folders):
        going(folders)
        assert "## Mend" in said("guide", "--next")
        assert "## Mend" in said("guide")
        assert "Slowly." in said("guide", "--back")
        assert now(folders).guide_step == 0

    @pytest.mark.parametrize("verb", [["guide", "--all"], ["guide"], ["guide", "--next"]])
    def test_of_several_testbeds_its_commands_name_the_one_that_is_played(
        self, two: FakeHost, place: Path, folders: Folders, verb: list[str]
    ):
        (place / "guide.en.md").write_text(
            "# Guide\n\n## Look\n\n```sh\ntestbed ssh router\n```\n\n"
            "## Mend\n\n```sh\ntestbed power on node1\ntestbed lab finish\n```\n"
        )
        going(folders)
        told = said(*verb)
        assert "--name lab" in told
        assert nameless(told) == []

    def test_the_last_step_stays(self, folders: Folders):
        going(folders, guide_step=1)
        assert "last step" in said("guide", "--next")
        assert now(folders).guide_step == 1

    def test_all_of_it_at_once(self, folders: Folders):
        going(folders)
        told = said("guide", "--all")
        assert "## Look" in told
        assert "## Mend" in told

    def test_two_ways_at_once_are_wrong_usage(self, folders: Folders):
        assert run("guide", "--next", "--back").exit_code == 2

    def test_solo_gets_the_brief_kindly(self, folders: Folders):
        going(folders, mode=Mode.SOLO)
        told = said("guide", "--next")
        assert "on your own" in told
        assert "No letters come." in told
        assert "## Look" not in told

    def test_without_an_attempt_it_is_8(self, folders: Folders):
        result = run("guide")
        assert result.exit_code == 8
        assert "testbed lab list" in result.stderr

    def test_a_start_that_was_cut_short_has_nothing_to_guide_through(self, folders: Folders):
        going(folders, phase=Phase.STARTING)
        for verb in ("guide", "hint", "check"):
            result = run(verb)
            assert result.exit_code == 8
            assert "testbed lab start quiet-road" in result.stderr

    def test_a_guide_that_is_only_in_korean_says_so(self, place: Path, folders: Folders):
        (place / "guide.en.md").unlink()
        going(folders)
        result = run("guide")
        assert "천천히 가요." in result.stdout
        assert "shown in Korean" in result.stderr


class TestHint:
    def test_first_where_to_look(self, folders: Folders):
        going(folders)
        told = said("hint")
        assert "Where to look" in told
        assert "ip route get" in told
        assert [opened.hint for opened in now(folders).hints] == ["arrives-look"]
        assert kinds(folders) == ["hint.opened"]

    def test_of_several_testbeds_it_names_the_one_that_is_played(
        self, two: FakeHost, folders: Folders
    ):
        going(folders)
        assert "testbed lab hint --name lab" in said("hint")
        going(folders, checked=BEGAN + 5, hints=(Opened("arrives-look", BEGAN),))
        assert "testbed lab note --name lab" in said("hint")

    def test_the_next_one_takes_time_to_try_and_the_last_is_shown_again(self, folders: Folders):
        going(folders)
        said("hint")
        told = said("hint")
        assert "Where to look" in told
        assert "a little longer" in told
        assert len(now(folders).hints) == 1

    def test_a_check_opens_the_next_and_asks_what_is_expected(self, folders: Folders):
        going(folders, hints=(Opened("arrives-look", BEGAN),), checked=BEGAN + 5)
        told = said("hint")
        assert "What to do" in told
        assert "expect to see" in told

    def test_after_the_last_it_is_proposed_to_do_it_unaided(self, folders: Folders):
        opened = (Opened("arrives-look", BEGAN), Opened("arrives-do", BEGAN + 1))
        going(folders, hints=opened, checked=BEGAN + 5)
        assert "testbed lab reset --to broken" in said("hint")

    def test_one_that_its_authors_took_away_meanwhile_is_left_out(
        self, place: Path, folders: Folders
    ):
        every = ("arrives-look", "arrives-do", "arrives-worked", "gone")
        going(folders, hints=tuple(Opened(each, BEGAN) for each in every), checked=BEGAN + 5)
        assert said("hint").startswith("These are all the hints there are.")
        text = (place / "text.en.yaml").read_text().replace("  arrives: {", "  arrive: {")
        (place / "text.en.yaml").write_text(text)
        going(folders)
        assert said("hint").startswith("arrives\n")

    def test_they_are_not_counted(self, folders: Folders):
        going(folders)
        told = said("hint")
        assert not any(count in told for count in ("1/3", "1 of 3", "2 left", "3 hints"))

    def test_solo_has_none_and_says_so_kindly(self, folders: Folders):
        going(folders, mode=Mode.SOLO)
        assert "no hints this time" in said("hint")
        assert now(folders).hints == ()

    def test_where_all_holds_it_is_time_to_finish(self, folders: Folders):
        going(folders, reached=("arrives", "straight", "guarded"))
        assert "testbed lab finish" in said("hint")


class TestStatusAndNote:
    def test_without_an_attempt_it_says_how_to_begin(self, folders: Folders):
        assert "testbed lab list" in said("status")
        assert said("status", "--json") == "null\n"

    def test_on_several_testbeds_without_any_attempt_it_is_the_same(self, two: FakeHost):
        assert "testbed lab list" in said("status")
        assert said("status", "--json") == "null\n"

    @pytest.mark.parametrize("verb", [["guide"], ["check"], ["hint"], ["reset"], ["finish"]])
    def test_on_several_testbeds_nothing_can_be_done_without_one(
        self, two: FakeHost, verb: list[str]
    ):
        result = run(*verb)
        assert result.exit_code == 8
        assert result.stderr.startswith("error: no lab is going on\n")

    def test_how_far_it_is(self, folders: Folders, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("time.time", lambda: BEGAN + 200)
        going(folders, checked=BEGAN + 190, reached=("arrives",), guide_step=1)
        assert said("status").splitlines() == [
            "quiet-road · A quiet road",
            "  with a guide",
            "  first symptom seen 3 min 10 s ago",
            "  the guide is at: Mend",
            "  1 of 3 objectives held when checked 10 s ago",
        ]

    def test_a_start_that_was_cut_short_says_how_to_go_on(self, folders: Folders):
        going(folders, phase=Phase.STARTING)
        assert "testbed lab start quiet-road" in said("status")

    def test_an_attempt_whose_lab_is_gone_can_still_be_seen(self, folders: Folders):
        going(folders, lab="gone-lab")
        assert "testbed lab finish --give-up" in said("status")

    def test_of_several_testbeds_it_names_the_one_that_is_played(
        self, two: FakeHost, folders: Folders
    ):
        going(folders)
        assert "not checked yet: testbed lab check --name lab" in said("status")

    def test_a_thought_is_kept(self, folders: Folders):
        going(folders)
        said("note", "it", "is", "the", "router")
        (event,) = timeline.events(folders, "lab")
        assert (event["event"], event["text"]) == ("note", "it is the router")

    def test_among_several_testbeds_the_one_with_a_lab_is_meant(
        self, two: FakeHost, folders: Folders
    ):
        assert "quiet-road" not in said("status")
        going(folders)
        assert "quiet-road" in said("status")


class TestCheck:
    @pytest.mark.parametrize(("case", "status"), [("prevented", 0), ("mitigated", 1)])
    def test_the_exit_status_says_whether_all_holds(
        self, folders: Folders, monkeypatch: pytest.MonkeyPatch, case: str, status: int
    ):
        going(folders)
        sees(monkeypatch, CASES[case])
        assert run("check").exit_code == status

    @pytest.mark.parametrize(
        "options", [("--watch", "--json"), ("--watch", "--every", "inf"), ("--every", "0")]
    )
    def test_what_cannot_be_done_is_wrong_usage(self, folders: Folders, options: tuple[str, ...]):
        going(folders)
        assert run("check", *options).exit_code == 2

    def test_scripts_get_json(self, folders: Folders, monkeypatch: pytest.MonkeyPatch):
        going(folders)
        sees(monkeypatch, CASES["at-a-price"])
        result = run("check", "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["safeguards"][0]["status"] == "fail"

    def test_of_several_testbeds_it_names_the_one_that_is_played(
        self, two: FakeHost, place: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        file = place / "text.en.yaml"
        file.write_text(file.read_text().replace("Call from router", "Try `testbed ssh router`"))
        going(folders)
        sees(monkeypatch, CASES["nothing"])
        assert "Try `testbed ssh --name lab router`" in run("check").stdout
        sees(monkeypatch, CASES["prevented"])
        assert "testbed lab finish --name lab" in run("check").stdout

    def test_watching_ends_when_all_holds(self, folders: Folders, monkeypatch: pytest.MonkeyPatch):
        from testbed.lab import checking

        going(folders)
        looks = iter([seen(arrives="fail"), seen(arrives="fail"), seen()])
        monkeypatch.setattr(checking, "check", lambda *_: next(looks))
        monkeypatch.setattr("time.sleep", lambda _: None)
        result = run("check", "--watch")
        assert result.exit_code == 0
        assert result.stdout.count("---") == 2, "what did not change is not told twice"
        assert "testbed lab finish" in result.stdout

    def test_watching_can_be_left(self, folders: Folders, monkeypatch: pytest.MonkeyPatch):
        going(folders)
        sees(monkeypatch, CASES["nothing"])

        def leave(_: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("time.sleep", leave)
        result = run("check", "--watch")
        assert result.exit_code == 1
        assert "The lab goes on" in result.stderr


class TestEnding:
    def test_a_reset_says_how_long_it_took(self, folders: Folders, monkeypatch: pytest.MonkeyPatch):
        from testbed.lab import reset

        asked: list[str] = []
        monkeypatch.setattr(reset, "reset", lambda _w, _g, to, _r: asked.append(to))
        going(folders)
        assert "Back at the broken state of the start (0." in said("reset")
        assert "the lab is over" in said("reset", "--to", "healthy")
        assert asked == ["broken", "healthy"]

    def test_of_several_testbeds_a_reset_names_the_one_that_is_played(
        self, two: FakeHost, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.lab import reset

        monkeypatch.setattr(reset, "reset", lambda *_: None)
        going(folders)
        assert "Try again: testbed lab check --name lab" in said("reset")
        assert "testbed lab start --name lab quiet-road" in said("reset", "--to", "healthy")

    @pytest.fixture
    def ends(self, monkeypatch: pytest.MonkeyPatch):
        from testbed.lab import finish

        def so(**facts: object) -> None:
            outcome = finish.Outcome(**{"tier": None, "check": None, "seconds": 200.0, **facts})
            monkeypatch.setattr(finish, "finish", lambda *_, **__: outcome)

        return so

    def test_a_lasting_repair_is_0_and_leads_to_the_debrief(self, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended

        going(folders)
        ends(result=Ended.PREVENTED, ended=True, tier=Tier.PREVENTED, check=seen())
        told = said("finish")
        assert "It took 3 min 20 s" in told
        assert "testbed lab debrief" in told

    def test_of_several_testbeds_it_names_the_one_that_was_played(
        self, two: FakeHost, folders: Folders, ends
    ):
        from testbed.lab.ending import Result as Ended

        going(folders)
        ends(result=Ended.PREVENTED, ended=True, tier=Tier.PREVENTED, check=seen())
        assert said("finish").endswith("testbed lab debrief --name lab\n")
        ends(result=Ended.NOT_YET, ended=False)
        assert "testbed lab finish --name lab --give-up" in run("finish").stdout

    def test_what_does_not_last_goes_on_and_is_1(self, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended
        from testbed.lab.observation import error

        shaken = error("probe.late", machine="router", seconds=5)
        going(folders)
        ends(
            result=Ended.MITIGATED,
            ended=False,
            tier=Tier.MITIGATED,
            check=seen(),
            perturbed=(("reboot router", "road", shaken),),
        )
        result = run("finish")
        assert result.exit_code == 1
        assert "reboot router: it did not stand the shaking." in result.stdout
        assert "the lab goes on" in result.stdout
        assert "testbed lab finish\n" not in result.stdout, "it was just tried"

    def test_putting_back_that_was_cut_short_is_gone_on_with(self, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended

        going(folders, phase=Phase.ENDED, result="resolved")
        assert "testbed lab finish" in said("status")
        assert "testbed lab finish" in run("check").stderr
        ends(result=Ended.RESOLVED, ended=True, seconds=0.0)
        assert said("finish").splitlines()[0] == "The testbed is sound again, and the lab is over."

    def test_what_nobody_could_tell_is_shown_and_no_end(self, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended

        going(folders)
        ends(result=Ended.RESOLVED, ended=False, tier=Tier.RESOLVED, check=seen())
        result = run("finish")
        assert result.exit_code == 1
        assert "the lab goes on" in result.stdout
        assert "testbed lab finish\n" not in result.stdout, "it was just tried"

    def test_files_that_cannot_be_read_end_nothing(self, place: Path, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended

        going(folders)
        ends(result=Ended.GIVEN_UP, ended=True)
        (place / "lab.yaml").write_text("api: [")
        result = run("finish")
        assert result.exit_code == 8
        assert "testbed lab finish --give-up" in result.stderr
        assert now(folders).phase is Phase.LIVE
        assert "Stopped here" in said("finish", "--give-up")

    def test_giving_up_is_no_failure(self, folders: Folders, ends):
        from testbed.lab.ending import Result as Ended

        going(folders, lab="gone-lab")
        ends(result=Ended.GIVEN_UP, ended=True)
        assert "Stopped here" in said("finish", "--give-up")


class TestDebrief:
    def keep(self, folders: Folders, *events: dict[str, object], at: float = BEGAN) -> None:
        own = folders.labs() / "quiet-road"
        own.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(event) + "\n" for event in events)
        (own / f"{at:.3f}.jsonl").write_text(lines)

    def keep_of(self, folders: Folders, testbed: str, note: str, began: float, end: float) -> None:
        first, *others = EVENTS
        events = (
            {**first, "at": began, "testbed": testbed},
            *others,
            {"at": end - 1, "event": "note", "text": note},
            {**FINISHED, "at": end},
        )
        self.keep(folders, *events, at=began)

    def test_it_waits_until_the_answer_may_be_told(self, folders: Folders):
        going(folders)
        timeline.record(folders, "lab", "lab.started")
        result = run("debrief")
        assert result.exit_code == 8
        assert "not solved yet" in result.stderr

    def test_of_several_testbeds_it_names_the_one_to_go_on_with(
        self, two: FakeHost, folders: Folders
    ):
        going(folders)
        timeline.record(folders, "lab", "lab.started")
        assert run("debrief").stderr.splitlines()[-1] == (
            " next: go on with: testbed lab check --name lab, "
            "or end it with: testbed lab finish --give-up --name lab"
        )

    def test_it_works_once_all_holds_and_before_the_end(self, folders: Folders):
        going(folders)
        for event in EVENTS:
            values = {key: value for key, value in event.items() if key not in {"at", "event"}}
            timeline.record(folders, "lab", str(event["event"]), at=float(event["at"]), **values)
        assert "only `finish` is left" in said("debrief")

    def test_it_works_afterwards_and_leaves_a_post_mortem(self, folders: Folders):
        self.keep(folders, *EVENTS, FINISHED)
        told = said("debrief")
        assert "The longer prefix wins." in told
        file = folders.labs() / "quiet-road" / f"{BEGAN:.0f}" / "post-mortem.en.md"
        assert str(file) in told
        assert file.read_text().startswith("# Post-mortem: A quiet road")
        assert file.stat().st_mode & 0o077 == 0

    def test_what_the_learner_wrote_stays(self, folders: Folders):
        self.keep(folders, *EVENTS)
        said("debrief")
        file = folders.labs() / "quiet-road" / f"{BEGAN:.0f}" / "post-mortem.en.md"
        self.keep(folders, *EVENTS, FINISHED)
        assert "waiting for your thoughts" in said("debrief", "quiet-road")
        assert "190" in file.read_text() or "3 min 10 s" in file.read_text()
        file.write_text("my own thoughts")
        assert "left as it is" in said("debrief").replace("was left as it is", "left as it is")
        assert file.read_text() == "my own thoughts"

    def test_of_several_the_one_that_ended_last_is_looked_back_on(self, folders: Folders):
        self.keep_of(folders, "lab", "long", BEGAN, BEGAN + 9000)
        self.keep_of(folders, "other", "short", BEGAN + 100, BEGAN + 200)
        assert "Note: long" in said("debrief", "quiet-road")

    def test_a_named_testbed_has_its_own_attempts_and_those_of_earlier_versions(
        self, two: FakeHost, folders: Folders
    ):
        self.keep_of(folders, "lab", "mine", BEGAN, BEGAN + 600)
        self.keep_of(folders, "other", "somebody else's", BEGAN + 100, BEGAN + 9000)
        assert "Note: mine" in said("debrief", "--name", "lab")
        assert "Note: somebody" in said("debrief", "--name", "other")
        self.keep(folders, *EVENTS, {**FINISHED, "at": BEGAN + 7000}, at=BEGAN + 1)
        assert "Note: mine" not in said("debrief", "--name", "lab")

    def test_on_a_testbed_without_an_attempt_there_is_nothing_to_look_back_on(
        self, two: FakeHost, folders: Folders
    ):
        self.keep_of(folders, "other", "somebody else's", BEGAN, BEGAN + 600)
        result = run("debrief", "quiet-road", "--name", "lab")
        assert result.exit_code == 8
        assert "no attempt at lab 'quiet-road' on testbed 'lab' to look back on" in result.stderr

    def test_a_start_that_was_cut_short_hides_no_attempt(self, folders: Folders):
        self.keep(folders, *EVENTS, FINISHED)
        going(folders, phase=Phase.STARTING)
        timeline.record(folders, "lab", "lab.started")
        assert "The longer prefix wins." in said("debrief")

    def test_a_testbed_that_is_not_there_has_nothing_to_look_back_on(self, folders: Folders):
        self.keep(folders, *EVENTS, FINISHED)
        assert run("debrief", "--name", "typo").exit_code == 7
        assert run("debrief", "--name", "lab").exit_code == 0

    def test_a_testbed_that_is_gone_is_looked_back_on(self, folders: Folders):
        self.keep_of(folders, "gone", "mine", BEGAN, BEGAN + 600)
        self.keep_of(folders, "lab", "somebody else's", BEGAN + 100, BEGAN + 9000)
        assert "Note: mine" in said("debrief", "--name", "gone")
        assert "there is no testbed 'gone'" in run("debrief", "other-lab", "--name", "gone").stderr

    def test_without_any_attempt_it_is_8(self, folders: Folders):
        assert run("debrief").exit_code == 8


class TestAuthors:
    def test_a_new_lab_is_written_where_told(self, tmp_path: Path, folders: Folders):
        told = said("new", "loud-house", "--in", str(tmp_path / "mine"))
        assert told == f"{tmp_path / 'mine' / 'loud-house'}\n"
        assert said("lint", str(tmp_path / "mine" / "loud-house")) == "loud-house is fine\n"

    def test_a_lab_has_its_name_wherever_it_is_looked_at_from(
        self, tmp_path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        said("new", "loud-house", "--in", str(tmp_path / "mine"))
        monkeypatch.chdir(tmp_path / "mine" / "loud-house")
        assert said("lint", ".") == "loud-house is fine\n"
        Path("brief.en.md").unlink()
        (problem, *_) = json.loads(run("lint", ".", "--json").stdout)["problems"]
        assert problem["lab"] == "loud-house"

    def test_problems_are_all_told_and_8(self, folders: Folders):
        result = run("lint", "quiet-road")
        assert result.exit_code == 8
        assert result.stderr.startswith("error: lab 'quiet-road' has ")

    def test_problems_for_scripts(self, folders: Folders):
        result = run("lint", "--json")
        assert result.exit_code == 8
        found = json.loads(result.stdout)
        assert (found["ok"], found["problems"][0]["lab"]) == (False, "quiet-road")

    def test_translations_are_accepted(self, place: Path, folders: Folders):
        said("new", "loud-house", "--in", str(place.parent))
        (place.parent / "loud-house" / "translations.json").unlink()
        assert "nobody has accepted" in run("lint", "loud-house").stderr
        assert said("lint", "--accept", "loud-house") == "loud-house is fine\n"

    def test_a_lab_with_problems_is_not_proven(self, folders: Folders):
        assert run("prove", "quiet-road").exit_code == 8

    @pytest.mark.parametrize(("misses", "status"), [((), 0), (("it heals itself",), 1)])
    def test_the_exit_status_says_whether_it_is_proven(
        self, folders: Folders, monkeypatch: pytest.MonkeyPatch, misses, status: int
    ):
        from testbed.lab import lint, prove
        from testbed.lab.proof import Proof

        proof = Proof("quiet-road", BEGAN, "", {}, {}, misses, {})
        monkeypatch.setattr(lint, "problems", lambda _: ())
        monkeypatch.setattr(prove, "prove", lambda *_: proof)
        result = run("prove", "quiet-road")
        assert result.exit_code == status
        assert ("MISS it heals itself" in result.stdout) == bool(misses)

    def test_a_brief_trial_says_that_it_proves_nothing_and_what_it_left_out(
        self, place: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
    ):
        from testbed.lab import lint, prove
        from testbed.lab.proof import Proof

        proof = Proof("quiet-road", BEGAN, "", {}, {}, (), {})
        monkeypatch.setattr(lint, "problems", lambda _: ())
        monkeypatch.setattr(prove, "attest", lambda *_, brief: proof if brief else None)
        told = said("prove", "quiet-road", "--brief")
        assert "brief trial, which is no proof: none was written" in told
        assert "wrong fix 'flood', solution 'detour'" in told
        assert not (place / "proof.json").exists()
        facts = json.loads(said("prove", "quiet-road", "--brief", "--json"))
        assert (facts["brief"], len(facts["left_out"])) == (True, 4)

    def test_the_schema_is_json(self, folders: Folders):
        assert json.loads(said("schema"))["title"] == "testbed lab"
