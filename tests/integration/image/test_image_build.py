"""Real builds of a tiny recipe: minbase from the mirror once, then script stages on its tree."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from testbed.errors import ImageError
from testbed.image import Image, State, Store
from testbed.run import must, run
from testbed.wait import Seen, wait_until

EVIDENCE = """\
pwd >/etc/evidence
id -u >>/etc/evidence
wc -l </proc/net/dev >>/etc/evidence
echo "$DEBIAN_FRONTEND" >>/etc/evidence
install -o 33 -g 44 -m 640 /dev/null /etc/owned
mkdir -p /boot
echo kernel >/boot/real-kernel
ln -sf /boot/real-kernel /boot/vmlinux
echo initrd >/boot/initrd
"""
BASE = {
    "name": "tiny",
    "kind": "debian",
    "suite": "trixie",
    "size": "1G",
    "stages": [
        {"name": "tree", "why": "The smallest Debian.", "packages": []},
        {"name": "evidence", "why": "Shows how a script is run.", "script": "20-evidence.sh"},
        {"name": "last", "why": "Is changed by tests.", "files": {"/etc/a/b": "file"}},
    ],
    "boot": {"kernel": "/boot/vmlinux", "initrd": "/boot/initrd", "cmdline": "quiet"},
}
BUILD = """\
import sys
from pathlib import Path
from testbed.image import Store
Store(Path(sys.argv[1]), Path(sys.argv[2])).build("tiny", print)
"""


def write_recipe(recipes: Path, last: str | None = None) -> None:
    """Write the tiny recipe; `last` replaces its last stage by a script."""
    folder = recipes / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = json.loads(json.dumps(BASE))
    if last is not None:
        recipe["stages"][2] = {"name": "last", "why": "Changed.", "script": "30-last.sh"}
        (folder / "30-last.sh").write_text(last)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    (folder / "20-evidence.sh").write_text(EVIDENCE)
    (folder / "file").write_text("content\n")
    (folder / "file").chmod(0o755)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Image]:
    root = tmp_path_factory.mktemp("image")
    write_recipe(root / "images")
    store = Store(root / "cache", root / "images")
    return store, store.build("tiny", print)


@pytest.fixture
def store(built: tuple[Store, Image], tmp_path: Path) -> Iterator[Store]:
    """A store of its own that starts with the stages of the first build."""
    store = Store(tmp_path / "cache", tmp_path / "images")
    write_recipe(store.recipes)
    (tmp_path / "cache" / "images").mkdir(parents=True)
    shutil.copytree(built[0].cache / "stages", store.cache / "stages", copy_function=os.link)
    yield store
    subprocess.run(["rm", "-rf", str(tmp_path / "cache")], check=False)


def in_image(image: Image, request: str, scratch: Path) -> str:
    """Ask debugfs about the image's filesystem."""
    raw = scratch / "read.raw"
    must(["qemu-img", "convert", "-O", "raw", str(image.disk), str(raw)], timeout=300)
    return must(["debugfs", "-R", request, str(raw)])


def partial(store: Store) -> list[str]:
    return [path.name for path in (store.cache / "images").glob(".building-*")]


def test_a_build_leaves_a_disk_a_kernel_a_ramdisk_and_a_record(
    built: tuple[Store, Image],
) -> None:
    store, image = built
    assert image.kernel is not None
    assert image.initrd is not None
    assert image.kernel.read_text() == "kernel\n"
    assert image.initrd.read_text() == "initrd\n"
    assert sorted(path.name for path in image.disk.parent.iterdir()) == [
        "image.json",
        "initrd",
        "kernel",
        "root.qcow2",
    ]
    record = store.record("tiny")
    assert list(record.seconds) == ["tree", "evidence", "last", "disk"]
    assert record.packages > 50
    assert partial(store) == []


def test_nobody_else_can_read_the_cache(built: tuple[Store, Image]) -> None:
    for name in ("images", "stages", "logs"):
        assert (built[0].cache / name).stat().st_mode & 0o077 == 0


def test_a_script_runs_as_root_in_the_tree_and_without_a_network(
    built: tuple[Store, Image], tmp_path: Path
) -> None:
    heading_and_loopback = "3"
    evidence = in_image(built[1], "cat /etc/evidence", tmp_path).split()
    assert evidence == ["/", "0", heading_and_loopback, "noninteractive"]


def test_owners_and_modes_are_kept(built: tuple[Store, Image], tmp_path: Path) -> None:
    owned = in_image(built[1], "stat /etc/owned", tmp_path)
    assert "Mode:  0640" in owned
    assert "User:    33   Group:    44" in owned
    assert "Group:    42" in in_image(built[1], "stat /etc/shadow", tmp_path)
    assert "Mode:  0755" in in_image(built[1], "stat /etc/a/b", tmp_path)


def test_the_filesystem_is_clean_and_leaves_nothing_behind(
    built: tuple[Store, Image], tmp_path: Path
) -> None:
    assert "testbed" not in in_image(built[1], "ls -p /run", tmp_path)
    assert "null" not in in_image(built[1], "ls -p /dev", tmp_path)
    raw = str(tmp_path / "read.raw")
    assert run(["e2fsck", "-fn", raw]).ok


def test_a_changed_third_stage_reuses_the_first_two(store: Store) -> None:
    write_recipe(store.recipes, last="echo changed >/etc/changed\n")
    said: list[str] = []
    store.build("tiny", said.append)
    assert said[0] == "2 of 3 stages are unchanged"
    assert list(store.record("tiny").seconds) == ["unpack", "last", "disk"]


def test_tars_of_the_old_chain_go_when_the_new_one_is_built(store: Store) -> None:
    write_recipe(store.recipes, last="true\n")
    store.build("tiny", print)
    assert len(list((store.cache / "stages").iterdir())) == 3


def test_a_tree_unpacked_again_is_the_tree_that_was_packed(store: Store, tmp_path: Path) -> None:
    image = store.build("tiny", print)
    assert "User:    33   Group:    44" in in_image(image, "stat /etc/owned", tmp_path)
    assert "Group:    42" in in_image(image, "stat /etc/shadow", tmp_path)


def test_a_failing_script_leaves_nothing_but_its_log(store: Store) -> None:
    write_recipe(store.recipes, last="echo oh dear >&2\nfalse\necho never\n")
    with pytest.raises(ImageError) as caught:
        store.build("tiny", print)
    assert caught.value.what == "cannot build image 'tiny': stage 'last' failed"
    assert caught.value.why.endswith("exited with status 1: oh dear")
    assert caught.value.next_step == f"read {store.cache / 'logs' / 'build-tiny.log'}"
    assert store.find("tiny") is None
    assert partial(store) == []


def mirror_of(store: Store) -> str:
    """Return the mirror that the tree's packages came from."""
    tar = next((store.cache / "stages").glob("tiny-tree-*.tar"))
    argv = ["tar", "--extract", "--to-stdout", "--file", str(tar), "./etc/apt/sources.list"]
    lines = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
    return next(word for word in lines if word.startswith("http"))


@pytest.mark.parametrize("setting", ["", "TESTBED_DEBIAN_MIRROR"])
def test_a_child_installs_packages_on_its_parents_tree(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    if setting:
        monkeypatch.setenv(setting, mirror_of(store))
    folder = store.recipes / "child"
    folder.mkdir()
    stages = [{"name": "more", "why": "A small package.", "packages": ["hello"]}]
    recipe = {"name": "child", "kind": "debian", "parent": "tiny", "stages": stages}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    image = store.build("child", print)
    assert "Type: regular" in in_image(image, "stat /usr/bin/hello", tmp_path)
    assert "policy-rc.d" not in in_image(image, "ls /usr/sbin", tmp_path)
    assert "resolv.conf" not in in_image(image, "ls /etc", tmp_path)


def test_an_edit_during_a_build_does_no_harm(store: Store) -> None:
    write_recipe(store.recipes, last="echo one\n")

    def edit(line: str) -> None:
        if line.startswith("stage 3"):
            write_recipe(store.recipes, last="echo two\n")

    store.build("tiny", edit)
    assert store.find("tiny") is None
    assert [entry.state for entry in store.list()] == [State.MISSING, State.OUTDATED]


def running(marker: str) -> list[int]:
    """Return the processes whose command line holds the marker."""
    found = []
    for proc in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (proc / "cmdline").read_text():
                found.append(int(proc.name))
        except OSError:
            continue
    return found


def test_a_killed_build_counts_for_nothing_and_the_next_one_succeeds(store: Store) -> None:
    write_recipe(store.recipes, last="echo begun\nsleep 1000\n")
    argv = [sys.executable, "-c", BUILD, str(store.cache), str(store.recipes)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as builder:
        log = store.cache / "logs" / "build-tiny.log"
        begun = lambda: Seen(log.exists() and "begun" in log.read_text(), "no script yet")  # noqa: E731
        wait_until("the script begins", begun, timeout=60, every=0.1)
        builder.send_signal(signal.SIGKILL)
    left = partial(store)
    assert len(left) == 1
    ended = lambda: Seen(not (pids := running(left[0])), f"processes {pids}")  # noqa: E731
    wait_until("everything it started ends", ended, timeout=10, every=0.1)
    assert store.find("tiny") is None

    write_recipe(store.recipes, last="true\n")
    assert store.build("tiny", print) == store.find("tiny")
    assert partial(store) == []


def test_two_builders_at_once_make_one_image(store: Store) -> None:
    write_recipe(store.recipes, last="echo begun\nsleep 1\n")
    argv = [sys.executable, "-uc", BUILD, str(store.cache), str(store.recipes)]
    both = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [builder.communicate(timeout=120)[0] for builder in both]
    assert [builder.returncode for builder in both] == [0, 0], said
    assert sum("stage 3 of 3" in text for text in said) == 1
    assert sum("waiting for another build to end" in text for text in said) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up the right to mount")
def test_root_without_the_right_to_mount_builds_too(store: Store, tmp_path: Path) -> None:
    write_recipe(store.recipes, last="echo plain >/dev/null\ntest -c /dev/urandom\n")
    argv = [sys.executable, "-c", BUILD, str(store.cache), str(store.recipes)]
    subprocess.run(["setpriv", "--bounding-set=-sys_admin", *argv], check=True)
    image = store.get("tiny")
    assert "null" not in in_image(image, "ls -p /dev", tmp_path)
    assert "User:    33   Group:    44" in in_image(image, "stat /etc/owned", tmp_path)


@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user")
def test_an_ordinary_user_builds_in_a_home_nobody_else_can_enter(tmp_path: Path) -> None:
    user = f"testbed-{os.getpid()}"
    subprocess.run(["useradd", "--create-home", user], check=True)
    home = Path("/home") / user
    try:
        home.chmod(0o700)
        write_recipe(home / "images")
        code = f"{BUILD}\nassert not list((Path(sys.argv[1]) / 'images').glob('.building*'))"
        root = Path(__file__).parents[3]  # which may be in a folder that only we can enter
        packages = next((root / ".venv" / "lib").glob("python*/site-packages"))
        (home / "source").mkdir()
        for copied, to in ((root / "testbed", home / "source"), (packages, home / "packages")):
            subprocess.run(["cp", "-a", copied, to], check=True)
        python = Path(sys.executable).resolve()
        inside = [python, "-c", code, f"{home}/cache", f"{home}/images"]
        environment = ["env", f"HOME={home}", f"PYTHONPATH={home}/source:{home}/packages"]
        subprocess.run(["runuser", "-u", user, "--", *environment, *inside], check=True, cwd=home)
        image = Store(home / "cache", home / "images").get("tiny")
        assert "User:    33   Group:    44" in in_image(image, "stat /etc/owned", tmp_path)
    finally:
        subprocess.run(["userdel", "--remove", user], check=True)
