"""A digest names a result: it changes with what the result is made of, and with nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.image import digest, read_lineage
from testbed.image.digest import chain

Write = Callable[..., Path]
PACKAGES = {"name": "packages", "why": "w", "packages": ["less", "jq"]}
MARK = {"name": "mark", "why": "w", "script": "10-mark.sh"}


def name_of(folder: Path) -> str:
    return digest(read_lineage(folder))


def stages_of(folder: Path) -> list[str]:
    return [link.digest for link in chain(read_lineage(folder)).links]


@pytest.mark.parametrize(
    "change",
    [
        {"size": "2G"},
        {"suite": "bookworm"},
        {"boot": {"kernel": "/boot/vmlinux", "initrd": "/boot/initrd", "cmdline": "debug"}},
        {"stages": [PACKAGES]},
        {"stages": [MARK | {"script": None, "packages": []}, MARK | {"name": "n"}]},
        {"files": {"10-mark.sh": "echo other\n"}},
    ],
)
def test_the_digest_changes_with_what_the_image_is_made_of(
    write: Write, change: dict[str, object]
) -> None:
    before = name_of(write(stages=[PACKAGES, MARK]))
    assert name_of(write(**{"stages": [PACKAGES, MARK], **change})) != before


def test_reasons_and_the_order_of_packages_change_nothing(write: Write) -> None:
    before = name_of(write(stages=[PACKAGES, MARK]))
    packages = PACKAGES | {"why": "another reason", "packages": ["jq", "less"]}
    assert name_of(write(stages=[packages, MARK])) == before


def test_the_mirror_changes_nothing(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    before = name_of(write())
    monkeypatch.setenv("TESTBED_DEBIAN_MIRROR", "http://mirror.example/debian")
    assert name_of(write()) == before


def test_a_file_that_becomes_executable_changes_the_digest(write: Write) -> None:
    stage = {"name": "put", "why": "w", "files": {"/etc/foo": "foo"}}
    folder = write(stages=[PACKAGES, stage], files={"foo": "foo\n"})
    before = name_of(folder)
    (folder / "foo").chmod(0o755)
    assert name_of(folder) != before


def test_a_changed_stage_changes_itself_and_all_after_it(write: Write) -> None:
    last = {"name": "last", "why": "w", "script": "last.sh"}
    stages = [PACKAGES, MARK, last]
    before = stages_of(write(stages=stages, files={"last.sh": "true\n"}))
    after = stages_of(write(stages=stages, files={"last.sh": "true\n", "10-mark.sh": "echo 2\n"}))
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, False, False]


def test_a_new_kernel_command_line_needs_no_stage_again(write: Write) -> None:
    boot = {"kernel": "/boot/vmlinux", "initrd": "/boot/initrd", "cmdline": "debug"}
    assert stages_of(write()) == stages_of(write(boot=boot))


def test_a_child_begins_where_its_parent_ends(write: Write) -> None:
    parent = stages_of(write("tiny"))
    more = [{"name": "more", "why": "w", "packages": ["jq"]}]
    child = write("child", parent="tiny", suite=None, size=None, boot=None, stages=more)
    assert stages_of(child)[:2] == parent
    assert chain(read_lineage(child)).size_mib == 1024


def test_a_changed_parent_changes_the_child(write: Write) -> None:
    write("tiny")
    more = [{"name": "more", "why": "w", "packages": ["jq"]}]
    child = write("child", parent="tiny", suite=None, stages=more)
    before = name_of(child)
    write("tiny", files={"10-mark.sh": "echo other\n"})
    assert name_of(child) != before
