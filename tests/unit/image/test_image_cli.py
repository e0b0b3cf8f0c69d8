"""`testbed image` prints results on stdout and progress on stderr."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli import image as verbs
from testbed.image import Image, Store

Write = Callable[..., Path]


@pytest.fixture
def run(
    tmp_path: Path, recipes: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[str, str]]:
    """Run a verb on a store of the test's own; no machine uses any image."""
    monkeypatch.setattr(verbs, "_store", lambda: Store(tmp_path / "cache", recipes))
    monkeypatch.setattr(verbs, "_images_in_use", set[str])

    def run_verb(*words: str) -> tuple[str, str]:
        result = CliRunner().invoke(verbs.app, words, catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout, result.stderr

    return run_verb


def test_the_list_shows_each_recipe_and_its_state(
    run: Callable[..., tuple[str, str]], write: Write
) -> None:
    write()
    stdout, _ = run("list")
    assert stdout.split()[:5] == ["name", "digest", "state", "on", "disk"]
    assert "missing" in stdout


def test_the_list_for_scripts_is_json(run: Callable[..., tuple[str, str]], write: Write) -> None:
    write()
    (row,) = json.loads(run("list", "--json")[0])
    assert (row["name"], row["state"], row["built_at"]) == ("tiny", "missing", None)


def test_a_build_prints_the_result_alone_on_stdout(
    run: Callable[..., tuple[str, str]], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    built = Image("tiny", "f" * 64, Path("/cache/tiny/root.qcow2"), None, None, "", 64)

    def build(self: Store, name: str, report: Callable[[str], None], **_: object) -> Image:
        report("stage 1 of 1: packages")
        return replace(built, name=name)

    monkeypatch.setattr(Store, "build", build)
    assert run("build", "tiny") == ("/cache/tiny\n", "stage 1 of 1: packages\n")


@pytest.mark.parametrize(("words", "force"), [((), False), (("--force",), True)])
def test_a_build_is_told_whether_to_force_it_and_what_is_in_use(
    run: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch, words, force
) -> None:
    told: list[tuple[bool, set[str]]] = []

    def build(
        self: Store, name: str, report: object, *, force: bool, in_use: Callable[[], set[str]]
    ) -> Image:
        told.append((force, in_use()))
        return Image(name, "f" * 64, Path("/cache/tiny/root.qcow2"), None, None, "", 64)

    monkeypatch.setattr(Store, "build", build)
    monkeypatch.setattr(verbs, "_images_in_use", lambda: {"a" * 64})
    run("build", "tiny", *words)
    assert told == [(force, {"a" * 64})]


def test_prune_says_what_would_go(
    run: Callable[..., tuple[str, str]], write: Write, tmp_path: Path
) -> None:
    write()
    assert run("prune")[0] == "nothing to remove\n"
    tar = tmp_path / "cache" / "stages" / "tiny-packages-ffffffffffff.tar"
    tar.parent.mkdir(parents=True)
    (tmp_path / "cache" / "images").mkdir()
    tar.write_bytes(b"x" * 2**20)
    assert run("prune", "--dry-run")[0] == (
        "would remove tiny-packages-ffffffffffff.tar: stage no recipe has now, 1 MiB\n"
        "would remove 1 MiB\n"
    )
    assert tar.exists()
