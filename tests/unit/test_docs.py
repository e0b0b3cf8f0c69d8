"""The documentation says what the program does, in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from testbed import errors
from testbed.apply.budget import needs
from testbed.cli.main import app
from testbed.errors import TestbedError, TopologyError
from testbed.lab.reading import read as read_lab
from testbed.plan.decide import plan
from testbed.render.svg import svg
from testbed.topology.read import read
from testbed.topology.shipped import find, shipped

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ko.md")
DOCUMENTS = (*READMES, "DESIGN.md", "CHANGELOG.md", "images/README.md", "labs/README.md")
OF_THE_SHELL = {0, 1, 2, 70, 130}  # done, something wrong, usage, bug, Ctrl+C


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def verbs(group: Any = None, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every verb with its command, those of groups too: 'link down'."""
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, f"{path}{name} ")
        else:
            yield path + name, command


VERBS = dict(verbs())


def code_blocks(document: str) -> list[str]:
    """Return the code blocks of a document, each with its language, without comments."""
    blocks = re.findall(r"^```(\w*\n.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL)
    return [re.sub(r"(?m)(^|[ \t]+)#.*$", "", block) for block in blocks]


def block_with(document: str, words: str) -> str:
    """Return the text of the only code block that holds the words."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text_of(document), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if words in block)
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_and_all_it_takes_has_help(verb):
    assert VERBS[verb].help
    assert [part.name for part in VERBS[verb].params if not getattr(part, "help", "")] == []


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_verbs_shows_a_whole_sentence(verb):
    assert not VERBS[verb].get_short_help_str(62).endswith("...")


@pytest.mark.parametrize("document", READMES)
def test_the_table_of_verbs_holds_every_verb_and_no_other(document):
    rows = re.findall(r"^\| `testbed ((?:[a-z][a-z-]* ?)+)", text_of(document), re.MULTILINE)
    assert sorted(row.strip() for row in rows) == sorted(VERBS)


@pytest.mark.parametrize("document", READMES)
def test_the_exit_statuses_are_those_of_the_errors(document):
    ours = {kind.exit_code for kind in vars(errors).values() if is_error(kind)}
    told = re.findall(r"^\| `(\d+)` \|", text_of(document), re.MULTILINE)
    assert [int(status) for status in told] == sorted(ours | OF_THE_SHELL)


def is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, TestbedError)


def test_both_languages_show_the_same_code():
    assert code_blocks("README.ko.md") == code_blocks("README.md")


def test_both_languages_have_the_same_chapters():
    korean, english = (re.findall(r"^#+(?= )", text_of(name), re.MULTILINE) for name in READMES)
    assert korean == english


def test_both_languages_tell_the_same_things_about_each_verb():
    korean, english = (
        re.findall(r"^\| (`testbed [^|]*`) \|", text_of(name), re.MULTILINE) for name in READMES
    )
    assert korean == english


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(document))
    here = (ROOT / document).parent
    assert [link for link in links if not (here / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_into_the_same_document_names_a_heading(document):
    headings = re.findall(r"^#+ (.+)$", text_of(document), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)", text_of(document))) <= anchors


@pytest.mark.parametrize("document", READMES)
def test_the_example_topology_is_valid_and_its_mistake_is_told_as_shown(document):
    example = block_with(document, "name: small")
    assert read(example, "small.yaml").name == "small"
    with pytest.raises(TopologyError) as refused:
        read(example.replace("10.0.20.12", "10.0.21.12"), "small.yaml")
    assert list(refused.value.lines()) == block_with(document, "1 problem").splitlines()


@pytest.mark.parametrize("document", READMES)
def test_what_each_topology_without_a_cloud_needs_is_told(document):
    told = re.findall(
        r"^ *\| `([a-z-]+)`((?: \| [\d.]+ GiB){3}) \|$", text_of(document), re.MULTILINE
    )
    plans = {name: planned(name) for name in shipped()}
    wanted = {name: amounts(made) for name, made in plans.items() if made.cloud is None}
    assert {name: re.findall(r"[\d.]+", row) for name, row in told} == wanted


def amounts(made: Any) -> list[str]:
    """Return the GiB of memory with and without KVM, and of disk, as a table tells them."""
    need = needs(made.machines, "qemu")
    with_kvm = needs(made.machines, "kvm").memory_mib
    return [
        *(f"{mib / 1024:.1f}" for mib in (with_kvm, need.memory_mib)),
        f"{need.disk_mib / 1024:.0f}",
    ]


@pytest.mark.parametrize("document", READMES)
def test_the_memory_that_a_cloud_needs_without_kvm_is_told(document):
    clouds = ("aolda-cloud", "aolda-cloud-compact")
    wanted = [amounts(planned(name))[1] for name in clouds]
    for beginning in ("`aolda-cloud`", r" *\[[^]]*\]\(#openstack\)"):
        (line,) = re.findall(rf"^{beginning}.* GiB.*$", text_of(document), re.MULTILINE)
        assert sorted(re.findall(r"\d+\.\d", line)) == sorted(wanted)
    assert {name for name in shipped() if planned(name).cloud} == set(clouds)


def test_the_example_lab_has_the_shape_of_one(tmp_path):
    lab = tmp_path / "quiet-road"
    lab.mkdir()
    (lab / "lab.yaml").write_text(block_with("labs/README.md", "id: quiet-road"))
    assert read_lab(lab).id == "quiet-road"


def test_the_drawing_is_of_the_shipped_topology():
    """Draw it anew with: testbed graph aolda --svg testbed/topologies/aolda.svg"""
    assert text_of("testbed/topologies/aolda.svg") == svg(planned("aolda"), None)


def planned(name: str) -> Any:
    return plan(find(name), name=name, folder=Path(), loopback="127.0.0.1")
