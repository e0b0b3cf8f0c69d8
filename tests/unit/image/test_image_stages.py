"""Stages become commands without a shell between, and failures become sentences."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import ImageError
from testbed.image import read_lineage
from testbed.image.debian import first_to_run, need_in_turn_mib, need_mib, tars_in
from testbed.image.digest import Link, chain
from testbed.image.sandbox import Sandbox, trouble_in_namespace
from testbed.image.stages import bootstrap_argv, put_packages
from testbed.image.workshop import Workshop, must_have_space

Write = Callable[..., Path]


def links_of(folder: Path) -> tuple[Link, ...]:
    return chain(read_lineage(folder)).links


def test_the_first_stage_takes_packages_from_mmdebstraps_own_mirror(write: Write) -> None:
    assert bootstrap_argv(links_of(write())[0], Path("/tree"), {}) == (
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        "--include=less",
        "trixie",
        "/tree",
    )


def test_a_mirror_in_the_environment_is_used(write: Write) -> None:
    mirror = "http://mirror.example/debian"
    argv = bootstrap_argv(links_of(write())[0], Path("/tree"), {"TESTBED_DEBIAN_MIRROR": mirror})
    assert argv[-1] == mirror


def test_work_begins_after_the_newest_kept_stage(write: Write, tmp_path: Path) -> None:
    links = links_of(write())
    assert first_to_run(links, tars_in(tmp_path / "none yet")) == 0
    (tmp_path / links[0].tar_name).touch()
    assert first_to_run(links, tars_in(tmp_path)) == 1
    (tmp_path / links[1].tar_name).touch()
    assert first_to_run(links, tars_in(tmp_path)) == 2


def test_apts_own_user_can_read_the_resolver_whatever_our_umask(
    write: Write, tmp_path: Path
) -> None:
    umask = os.umask(0o077)
    try:
        put_packages(links_of(write())[0], tmp_path, {})
    finally:
        os.umask(umask)
    assert (tmp_path / "resolv.conf").stat().st_mode & 0o777 == 0o644


def test_only_installing_stages_have_a_network() -> None:
    sandbox = Sandbox(("--mount",))
    assert "--net" in sandbox.argv("true")
    assert "--net" not in sandbox.argv("true", network=True)


def test_without_namespaces_the_command_still_dies_with_us() -> None:
    assert Sandbox(()).argv("true") == ("setpriv", "--pdeathsig", "KILL", "true")


@pytest.mark.parametrize(
    ("unshare", "trouble"),
    [
        ("exit 0", ""),
        ("echo 'unshare: failed: not permitted' >&2; exit 1", "unshare: failed: not permitted"),
        (None, "the program 'unshare' is not installed"),
    ],
)
def test_what_keeps_a_user_out_of_a_namespace_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unshare: str | None, trouble: str
) -> None:
    monkeypatch.setattr("testbed.image.sandbox._DIES_WITH_US", ())
    monkeypatch.setattr("testbed.run.search_path", lambda: str(tmp_path))
    if unshare is not None:
        (tmp_path / "unshare").write_text(f"#!/bin/sh\n{unshare}\n")
        (tmp_path / "unshare").chmod(0o755)
    assert trouble_in_namespace() == trouble


def test_a_failed_stage_names_itself_its_command_and_its_cause(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    shop = Workshop("tiny", tmp_path, log, Sandbox(()))
    script = "echo working; echo 'E: no such package: lses'; echo 'E: it failed'; exit 100"
    with pytest.raises(ImageError) as caught:
        shop.must("packages", ("sh", "-c", script))
    assert list(caught.value.lines()) == [
        "error: cannot build image 'tiny': stage 'packages' failed",
        f"  why: `sh -c '{script}'` exited with status 100: E: no such package: lses".replace(
            f"'{script}'", "'" + script.replace("'", "'\"'\"'") + "'"
        ),
        f" next: read {log}",
    ]
    assert "working\n" in log.read_text()


def test_a_stage_that_falls_silent_has_failed_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.image.workshop._SILENCE", 0.3)
    shop = Workshop("tiny", tmp_path, tmp_path / "build.log", Sandbox(()))
    with pytest.raises(ImageError) as caught:
        shop.must("packages", ("sleep", "100"))
    assert list(caught.value.lines()) == [
        "error: cannot build image 'tiny': stage 'packages' failed",
        "  why: `sleep 100` printed nothing for 0.005 minutes, and was stopped",
        f" next: read {tmp_path / 'build.log'}",
    ]


def test_each_stage_that_a_build_keeps_needs_the_room_of_its_own_recipes_tree(
    write: Write,
) -> None:
    write(tree="500M")
    child = write("child", parent="tiny", suite=None, size=None, boot=None, tree="2G")
    made = chain(read_lineage(child))
    assert need_mib(made, 0) == 3 * 2048 + 2 * 500 + 2 * 2048
    assert need_mib(made, 2) == 3 * 2048 + 2 * 2048
    assert need_mib(made, len(made.links)) == 3 * 2048


def test_builds_in_turn_need_room_beside_what_those_before_them_leave(write: Write) -> None:
    parent = write(tree="500M")
    child = write("child", parent="tiny", suite=None, size=None, boot=None, tree="1G")
    chains = [chain(read_lineage(folder)) for folder in (parent, child)]
    tars = {link.tar_name for link in chains[0].links}
    of_parent, of_child = 3 * 500 + 2 * 500, 3 * 1024 + 2 * 1024
    assert need_in_turn_mib(chains[:1], ()) == of_parent
    assert need_in_turn_mib(chains, ()) == 2 * 500 + 500 + of_child
    assert need_in_turn_mib(chains[1:], tars) == of_child
    assert need_in_turn_mib(reversed(chains), ()) == 2 * 500 + of_child
    assert need_in_turn_mib((), tars) == 0


def test_too_little_space_is_told_with_need_and_have(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        must_have_space(tmp_path, 10**9, "build 'tiny'")
    what, why, next_step = caught.value.lines()
    assert what == "error: not enough disk space to build 'tiny'"
    assert why.startswith("  why: need 1000000000 MiB, have ")
    assert next_step == " next: free some space, for instance with: testbed image prune"
