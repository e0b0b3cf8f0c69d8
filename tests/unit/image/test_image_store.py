"""The store counts only what is finished, and prunes only what nobody needs."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from testbed.errors import ImageError, StateError
from testbed.image import Record, State, Store, digest, read_lineage
from testbed.image.cache import Cache
from testbed.image.digest import chain
from testbed.image.lock import locked, locked_or_busy

Write = Callable[..., Path]


@pytest.fixture
def store(tmp_path: Path, recipes: Path) -> Store:
    Cache(tmp_path / "cache").make()
    return Store(tmp_path / "cache", recipes)


def put_result(store: Store, name: str, identity: str) -> Path:
    """Make what a finished build leaves."""
    folder = Cache(store.cache).result(name, identity)
    folder.mkdir()
    for file in ("root.qcow2", "kernel", "initrd"):
        (folder / file).write_bytes(b"x" * 5000)
    record = Record(name, identity, "debian", "quiet", 1024, 1.0, {"packages": 40.5}, 100)
    (folder / "image.json").write_text(json.dumps(asdict(record)))
    return folder


def put_current(store: Store, name: str = "tiny") -> str:
    identity = digest(read_lineage(store.recipes / name))
    put_result(store, name, identity)
    return identity


def put_tars(store: Store, name: str = "tiny") -> list[Path]:
    tars = Cache(store.cache).tars
    names = [link.tar_name for link in chain(read_lineage(store.recipes / name)).links]
    for tar in names:
        (tars / tar).write_bytes(b"x" * 5000)
    return [tars / tar for tar in names]


@pytest.mark.parametrize("gone", ["kernel", "initrd"])
def test_a_result_that_was_swept_in_part_is_told(store: Store, write: Write, gone: str) -> None:
    write()
    identity = put_current(store)
    assert not store.get("tiny").swept
    (Cache(store.cache).result("tiny", identity) / gone).unlink()
    assert store.get("tiny").swept
    assert [entry.state for entry in store.list()] == [State.MISSING], "it will be built anew"


def test_a_result_without_its_disk_is_none(store: Store, write: Write) -> None:
    write()
    identity = put_current(store)
    (Cache(store.cache).result("tiny", identity) / "root.qcow2").unlink()
    assert store.find("tiny") is None


def test_a_finished_result_is_found_with_its_files(store: Store, write: Write) -> None:
    write()
    assert store.find("tiny") is None
    identity = put_current(store)
    image = store.get("tiny")
    assert (image.name, image.digest, image.cmdline, image.size_mib) == (
        "tiny",
        identity,
        "quiet",
        1024,
    )
    assert image.disk.name == "root.qcow2"
    assert image.kernel is not None
    assert image.initrd is not None
    assert store.record("tiny").packages == 100


def test_a_missing_image_is_answered_with_the_command_that_builds_it(
    store: Store, write: Write
) -> None:
    write()
    with pytest.raises(ImageError) as caught:
        store.get("tiny")
    assert list(caught.value.lines()) == [
        "error: image 'tiny' is not built",
        "  why: the cache holds no result of the recipe as it is now",
        " next: run: testbed image build tiny",
    ]


def test_an_image_that_exists_is_not_built_again(store: Store, write: Write) -> None:
    write()
    put_current(store)
    said: list[str] = []
    assert store.build("tiny", said.append) == store.get("tiny")
    assert said == []


@pytest.mark.parametrize("broken", ["", "{", "{}", '{"name": "tiny"}'])
def test_a_result_without_a_whole_record_does_not_count(
    store: Store, write: Write, broken: str
) -> None:
    write()
    folder = put_result(store, "tiny", digest(read_lineage(store.recipes / "tiny")))
    (folder / "image.json").write_text(broken)
    assert store.find("tiny") is None


def test_a_result_without_its_disk_does_not_count(store: Store, write: Write) -> None:
    write()
    folder = put_result(store, "tiny", digest(read_lineage(store.recipes / "tiny")))
    (folder / "root.qcow2").unlink()
    assert store.find("tiny") is None


def test_what_a_build_needs_of_the_host_is_named_with_its_packages(
    store: Store, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    monkeypatch.setattr("testbed.image.making.search_path", lambda: "/nowhere")
    with pytest.raises(ImageError, match="images cannot be built here") as caught:
        store.build("tiny", print)
    programs = "mmdebstrap, gpg, mke2fs, qemu-img, tar, unshare, setpriv"
    packages = "mmdebstrap gpg e2fsprogs qemu-utils uidmap"
    assert caught.value.why == f"programs that are not installed: {programs}"
    assert caught.value.next_step == f"run: sudo apt-get install {packages}"


def test_force_runs_the_recipes_own_stages_again_and_not_its_parents(
    store: Store, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    write("child", parent="tiny", suite=None, size=None, boot=None)
    tars = put_tars(store, "child")

    def make(*_: object, **__: object) -> Path:
        kept = [tar.name for tar in tars if tar.exists()]
        assert [name.partition("-")[0] for name in kept] == ["tiny", "tiny"]
        return put_result(store, "child", digest(read_lineage(store.recipes / "child")))

    monkeypatch.setattr("testbed.image.store.make", make)
    assert store.build("child", print, force=True).name == "child"


def test_an_image_in_use_is_not_made_anew(store: Store, write: Write) -> None:
    write()
    identity = put_current(store)
    with pytest.raises(StateError, match="cannot be made anew") as caught:
        store.build("tiny", print, force=True, in_use=lambda: {identity})
    assert caught.value.next_step.endswith("testbed down --forget --name NAME")
    assert store.find("tiny")


def test_one_that_is_gone_is_not_made_under_the_disks_that_stand_on_it(
    store: Store, write: Write
) -> None:
    write()
    identity = digest(read_lineage(store.recipes / "tiny"))
    with pytest.raises(StateError, match="cannot be made anew"):
        store.build("tiny", print, in_use=lambda: {identity})
    assert store.find("tiny") is None


def test_only_what_is_not_built_needs_room_and_only_where_it_is_built_here(
    store: Store, write: Write
) -> None:
    write(tree="500M")
    write("other", tree="300M")
    vendor = {"kind": "download", "url": "https://images.example/x", "sha256": "0" * 64}
    write("vendor", **vendor, suite=None, size=None, stages=None, boot=None)
    put_tars(store, "other")
    assert store.need_mib(["vendor", "other"]) == 3 * 300
    put_current(store, "other")
    assert store.need_mib(["vendor", "other"]) == 0
    assert store.need_mib(["vendor", "other", "tiny"]) == 5 * 500


def test_the_list_tells_built_missing_and_outdated_apart(store: Store, write: Write) -> None:
    write("tiny")
    write("other")
    put_current(store)
    put_result(store, "tiny", "f" * 64)
    rows = [(entry.name, entry.state, entry.bytes_on_disk > 0) for entry in store.list()]
    assert rows == [
        ("other", State.MISSING, False),
        ("tiny", State.BUILT, True),
        ("tiny", State.OUTDATED, True),
    ]


def test_prune_removes_what_no_recipe_makes_now(store: Store, write: Write) -> None:
    write()
    identity = put_current(store)
    kept = put_tars(store)
    old = put_result(store, "tiny", "f" * 64)
    partial = store.cache / "images" / ".building-dead"
    partial.mkdir()
    (partial / "root.raw").write_bytes(b"x" * 5000)
    tar = store.cache / "stages" / "tiny-packages-ffffffffffff.tar"
    tar.write_bytes(b"x" * 5000)
    removed = store.prune(frozenset())
    assert [(item.path, item.reason) for item in removed] == [
        (old, "outdated image"),
        (partial, "build that never ended"),
        (tar, "stage no recipe has now"),
    ]
    assert all(item.bytes_freed >= 5000 for item in removed)
    assert not any(path.exists() for path in (old, partial, tar))
    assert all(path.exists() for path in kept)
    assert store.get("tiny").digest == identity


def test_prune_of_stages_keeps_the_images_that_were_made_of_them(
    store: Store, write: Write
) -> None:
    write()
    identity = put_current(store)
    tars = put_tars(store)
    assert store.prune(frozenset(), stages=True, dry_run=True)
    assert all(tar.exists() for tar in tars)
    removed = store.prune(frozenset(), stages=True)
    assert {(item.path, item.reason) for item in removed} == {
        (tar, "stage that a build could begin after") for tar in tars
    }
    assert not any(tar.exists() for tar in tars)
    assert store.get("tiny").digest == identity


def test_prune_leaves_what_a_machine_stands_on(store: Store, write: Write) -> None:
    write()
    old = put_result(store, "tiny", "f" * 64)
    assert store.prune({"f" * 64}) == ()
    assert old.exists()


def test_a_dry_run_removes_nothing(store: Store, write: Write) -> None:
    write()
    old = put_result(store, "tiny", "f" * 64)
    assert [item.path for item in store.prune(frozenset(), dry_run=True)] == [old]
    assert old.exists()


def test_prune_keeps_off_a_build_that_is_running(store: Store, write: Write) -> None:
    write()
    partial = store.cache / "images" / ".building-live"
    partial.mkdir()
    with locked(Cache(store.cache).lock, print):
        assert store.prune(frozenset()) == ()
    assert partial.exists()


def test_prune_of_a_cache_that_never_was_is_no_error(tmp_path: Path, recipes: Path) -> None:
    assert Store(tmp_path / "nowhere", recipes).prune(frozenset()) == ()


def test_a_second_builder_says_whom_it_waits_for(tmp_path: Path) -> None:
    lock, said = tmp_path / "lock", list[str]()
    waiting = threading.Event()

    def report(line: str) -> None:
        said.append(line)
        waiting.set()

    def second() -> None:
        with locked(lock, report):
            said.append("mine")

    with locked(lock, print):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(5)
        with locked_or_busy(lock) as alone:
            assert not alone
    thread.join(5)
    assert said[0].startswith("waiting for another build to end (process ")
    assert said[1] == "mine"
