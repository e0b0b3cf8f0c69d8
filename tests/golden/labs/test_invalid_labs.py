"""Bad labs and the exact text an author sees for each; `--update-golden` rewrites the texts.

Every case is the sound lab in `base/` with a few edits, which are all a case file says.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.errors import LabError, LabProblem
from testbed.lab import shape
from testbed.lab.lint import accept, problems
from testbed.lab.lint.folder import Rule, read
from testbed.lab.lint.whole import RULES
from testbed.lab.reading import refusal

HERE = Path(__file__).parent
BASE = HERE / "base" / "sample-lab"
CASES = sorted(HERE.glob("invalid/*.yaml"))
FOLDER = Path("sample-lab")
Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Every case's problems, the rules that yielded some, and pydantic's names of refusals."""
    found: Seen = {"problems": {}, "rules": set(), "kinds": set()}
    kept = dict(shape.TOLD)
    shape.TOLD.update({kind: noting(kind, found["kinds"], tell) for kind, tell in kept.items()})
    with contextlib.chdir(tmp_path_factory.mktemp("labs")):
        for case in CASES:
            make(yaml.safe_load(case.read_text()))
            found["problems"][case.stem] = problems(FOLDER)
            if folder := read(FOLDER).folder:
                found["rules"] |= {rule.__name__ for rule in RULES if list(rule(folder))}
    shape.TOLD.update(kept)
    yield found


def noting(kind: str, kinds: set[str], tell: Any) -> Any:
    """Return a way to tell a refusal that remembers that it was asked to."""

    def noted(told: Any) -> Any:
        kinds.add(kind)
        return tell(told)

    return noted


def make(case: Seen) -> None:
    """Make the lab of a case in the working directory."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(BASE, FOLDER)
    accept(FOLDER)
    for edit in case["edits"]:
        apply(edit, FOLDER / edit["file"])
    if case.get("accept", True):
        with contextlib.suppress(LabError):
            accept(FOLDER)
    for edit in case.get("afterwards", ()):
        apply(edit, FOLDER / edit["file"])


def apply(edit: Seen, file: Path) -> None:
    if "write" in edit:
        file.parent.mkdir(exist_ok=True)
        file.write_text(edit["write"])
    elif "bytes" in edit:
        file.write_bytes(bytes.fromhex(edit["bytes"]))
    elif edit.get("remove"):
        file.unlink()
    else:
        text = file.read_text()
        assert edit["replace"] in text, edit
        file.write_text(text.replace(edit["replace"], edit["by"], 1))


def lines(found: tuple[LabProblem, ...]) -> str:
    return "\n".join(refusal(FOLDER, found).lines()) + "\n"


def test_the_lab_all_cases_start_from_is_sound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make({"edits": []})
    assert problems(FOLDER) == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_bad_lab_is_refused_in_these_words(case: Path, seen: Seen, update_golden: bool) -> None:
    told = lines(seen["problems"][case.stem])
    expected = case.with_suffix(".txt")
    if update_golden:
        expected.write_text(told)
    assert expected.exists(), f"{expected.name} is missing; write it with --update-golden"
    assert told == expected.read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_problem_of_a_lab_has_a_place_and_a_hint(case: Path, seen: Seen) -> None:
    found = seen["problems"][case.stem]
    assert found
    assert [problem for problem in found if not (problem.where and problem.hint)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_messages_about_labs_keep_their_tone(case: Path, seen: Seen) -> None:
    text = lines(seen["problems"][case.stem]).lower()
    assert not set(re.findall(r"\w+", text)) & {"please", "oops", "pydantic", "validation"}
    assert not re.search(r"\w!", text)
    assert "not accepted" not in text  # what a shape is told as that has no sentence


def test_no_expected_text_of_a_lab_is_left_over() -> None:
    texts = {path.stem for path in (HERE / "invalid").glob("*.txt")}
    assert texts <= {case.stem for case in CASES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_for_labs_refuses_some_case(rule: Rule, seen: Seen) -> None:
    assert rule.__name__ in seen["rules"]


@pytest.mark.parametrize("kind", sorted(shape.TOLD))
def test_every_sentence_about_a_labs_shape_is_in_some_case(kind: str, seen: Seen) -> None:
    assert kind in seen["kinds"]
