"""What `testbed lab check` shows, to the letter, in both languages."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the sample lab is shared

from lab_sample import write_lab

from testbed.cli.lab.check_text import CheckText
from testbed.cli.lab.voice import Line, Voice, plain, rich_line
from testbed.lab.checking import CheckResult, ObjectiveSeen, SafeguardSeen
from testbed.lab.format import Locale, Severity, Tier
from testbed.lab.observation import Observation, Status
from testbed.lab.reading import read
from testbed.lab.texts import read_texts
from testbed.lab.words import Said

GOLDEN = Path(__file__).parents[2] / "golden" / "lab_texts"
TIERS = {"arrives": Tier.MITIGATED, "straight": Tier.RESOLVED, "guarded": Tier.PREVENTED}
SEVERITIES = {"neighbours": Severity.RECOVERABLE, "letters": Severity.CATASTROPHIC}


def seen(**statuses: str) -> CheckResult:
    """Return a check in which everything holds but what is named."""

    def probe(id: str) -> tuple[Status, tuple[tuple[str, Observation], ...]]:
        status = Status(statuses.get(id, "pass"))
        said = Said("probe.ping.silent", {"machine": "router", "silent": f"10.0.0.1 ({id})"})
        return status, ((f"{id}-probe", Observation(status, said)),)

    return CheckResult(
        objectives=tuple(ObjectiveSeen(id, tier, *probe(id)) for id, tier in TIERS.items()),
        safeguards=tuple(SafeguardSeen(id, grade, *probe(id)) for id, grade in SEVERITIES.items()),
    )


CASES = {
    "nothing": seen(arrives="fail", straight="fail", guarded="pending", letters="skip"),
    "mitigated": seen(straight="fail", guarded="fail"),
    "resolved": seen(guarded="error"),
    "prevented": seen(),
    "at-a-price": seen(neighbours="fail"),
    "catastrophe": seen(arrives="fail", straight="fail", guarded="fail", letters="fail"),
}


def check_text(folder: Path, found: CheckResult, locale: Locale) -> CheckText:
    return CheckText(read(folder), read_texts(folder, locale), found, Voice(locale))


@pytest.mark.parametrize("locale", list(Locale))
@pytest.mark.parametrize("case", CASES)
def test_a_check_is_told_in_these_words(
    tmp_path: Path, case: str, locale: Locale, update_golden: bool
):
    lines = check_text(write_lab(tmp_path), CASES[case], locale).lines()
    text = "\n".join(plain(line) for line in lines) + "\n"
    expected = GOLDEN / f"check-{case}.{locale}.txt"
    if update_golden:
        expected.write_text(text)
    assert text == expected.read_text()


def test_scripts_get_every_probe_with_what_it_saw(tmp_path: Path):
    facts = check_text(write_lab(tmp_path), CASES["mitigated"], Locale.EN).facts()
    assert (facts["lab"], facts["solved"], facts["tier"]) == ("quiet-road", False, "mitigated")
    assert facts["objectives"][1] == {
        "id": "straight",
        "tier": "resolved",
        "status": "fail",
        "title": "The road is straight",
        "observations": [
            {
                "probe": "straight-probe",
                "status": "fail",
                "seen": facts["objectives"][1]["observations"][0]["seen"],
            }
        ],
    }
    assert facts["safeguards"][1]["severity"] == "catastrophic"


def test_an_objective_without_words_is_told_by_its_id(tmp_path: Path):
    folder = write_lab(tmp_path)
    text = (folder / "text.en.yaml").read_text().replace("  arrives: {", "  arrive: {")
    (folder / "text.en.yaml").write_text(text)
    told = [plain(each) for each in check_text(folder, CASES["nothing"], Locale.EN).lines()]
    assert "❌ mitigate  arrives" in told


def test_the_fix_is_never_told(tmp_path: Path):
    folder = write_lab(tmp_path)
    told = "\n".join(
        plain(each) for each in check_text(folder, CASES["nothing"], Locale.EN).lines()
    )
    assert "ip route del" not in told
    assert "Remove the odd line" not in told


def test_a_long_line_goes_on_below_its_own_beginning():
    line = Line("eins zwei drei vier fünf sechs", "", 2, "보인 것  ")
    rows = str(rich_line(line, 30)).splitlines()
    assert rows == ["  보인 것  eins zwei drei vier", " " * 11 + "fünf sechs"]
