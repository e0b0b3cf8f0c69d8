"""Cloud images come from files and servers, whole and as the recipe says, or not at all."""

import errno
import functools
import hashlib
import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.errors import ImageError, StateError
from testbed.image import Store, download


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; a path that begins with /short/ promises more than it sends."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path.startswith("/short/"):
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            self.wfile.write(b"x" * 1000)
            return
        if self.path.startswith("http://"):  # asked as a proxy
            self.path = "/" + self.path.rpartition("/")[2]
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "served" / "cloud.qcow2"
    path.parent.mkdir()
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"], check=True)
    return path


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def server(disk: Path, seen: list[str]) -> Iterator[str]:
    handler = functools.partial(type("Seen", (Server,), {"seen": seen}), directory=disk.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def store_with(tmp_path: Path, url: str, sha256: str) -> Store:
    folder = tmp_path / "images" / "cloud"
    folder.mkdir(parents=True)
    text = f"name: cloud\nkind: download\nurl: {url}\nsha256: '{sha256}'\n"
    (folder / "recipe.yaml").write_text(text)
    return Store(tmp_path / "cache", tmp_path / "images")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refusal(store: Store) -> str:
    """Return why the build was refused; nothing may be left of it."""
    with pytest.raises(ImageError) as caught:
        store.build("cloud", print)
    assert store.find("cloud") is None
    assert [path.name for path in (store.cache / "images").iterdir()] == [".lock"]
    return caught.value.why


def test_a_file_url_becomes_an_image_with_its_own_boot_loader(tmp_path: Path, disk: Path) -> None:
    store = store_with(tmp_path, disk.as_uri(), sha256(disk))
    image = store.build("cloud", print)
    assert image.disk.read_bytes() == disk.read_bytes()
    assert (image.kernel, image.initrd, image.cmdline, image.size_mib) == (None, None, "", 64)


def test_an_image_from_a_server_is_downloaded_once(
    tmp_path: Path, disk: Path, server: str, seen: list[str]
) -> None:
    store = store_with(tmp_path, f"{server}/cloud.qcow2", sha256(disk))
    assert store.build("cloud", print) == store.build("cloud", print)
    assert seen == ["/cloud.qcow2"]


def test_an_old_image_stays_where_a_machine_was_made_of_it_while_the_new_one_was_built(
    tmp_path: Path, disk: Path
) -> None:
    store = store_with(tmp_path, disk.as_uri(), sha256(disk))
    old = store.build("cloud", print)
    inode = old.disk.stat().st_ino
    asked = iter([set[str](), {old.digest}])
    with pytest.raises(StateError, match="cannot be made anew"):
        store.build("cloud", print, force=True, in_use=lambda: next(asked))
    assert store.get("cloud").disk.stat().st_ino == inode
    new = store.build("cloud", print, force=True)
    assert new.disk.stat().st_ino != inode
    left = sorted(path.name for path in (store.cache / "images").iterdir())
    assert left == [".lock", new.disk.parent.name]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_not_blamed_on_the_network(
    tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(download, "_copy", full)
    with pytest.raises(ImageError) as caught:
        store_with(tmp_path, disk.as_uri(), sha256(disk)).build("cloud", print)
    assert os.strerror(number) in caught.value.why
    assert caught.value.next_step == "free disk space, then run: testbed image build cloud"


def test_progress_is_told_while_downloading(tmp_path: Path, disk: Path, server: str) -> None:
    with disk.open("ab") as file:
        file.write(b"\0" * 20 * 2**20)
    said: list[str] = []
    store_with(tmp_path, f"{server}/cloud.qcow2", sha256(disk)).build("cloud", said.append)
    assert "downloaded 20 of 20 MiB" in said
    assert len(said) in range(10, 14)


def test_a_wrong_digest_is_refused_with_both_digests(tmp_path: Path, disk: Path) -> None:
    why = refusal(store_with(tmp_path, disk.as_uri(), "a" * 64))
    assert why == f"its SHA-256 is {sha256(disk)}, the recipe says {'a' * 64}"


def test_a_server_that_ends_early_is_told_as_such(tmp_path: Path, server: str) -> None:
    why = refusal(store_with(tmp_path, f"{server}/short/cloud.qcow2", "a" * 64))
    assert why == "the server ended early: 1000 of 1000000 bytes"


@pytest.mark.parametrize(
    ("url", "why"), [("{server}/gone", "HTTP Error 404"), ("file:///gone", "No such file")]
)
def test_a_missing_file_is_told_as_such_and_not_blamed_on_the_network(
    tmp_path: Path, server: str, url: str, why: str
) -> None:
    with pytest.raises(ImageError) as caught:
        store_with(tmp_path, url.format(server=server), "a" * 64).build("cloud", print)
    assert why in caught.value.why
    assert caught.value.next_step == "correct the url in the recipe, and with it the sha256"


def test_a_file_that_is_no_qcow2_image_is_refused(tmp_path: Path, disk: Path) -> None:
    disk.write_bytes(b"\0" * 2**20)
    why = refusal(store_with(tmp_path, disk.as_uri(), sha256(disk)))
    assert why == "it is a raw image, not qcow2"


def test_an_image_that_refers_to_a_file_of_the_host_is_refused(tmp_path: Path, disk: Path) -> None:
    leak = disk.with_name("leak.qcow2")
    options = ["-q", "-f", "qcow2", "-F", "qcow2", "-b", str(disk)]
    subprocess.run(["qemu-img", "create", *options, str(leak)], check=True)
    why = refusal(store_with(tmp_path, leak.as_uri(), sha256(leak)))
    assert why == "it refers to another file on this host"


def test_a_proxy_in_the_environment_is_used(
    tmp_path: Path, disk: Path, server: str, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server)
    monkeypatch.setenv("no_proxy", "")
    url = "http://images.example/cloud.qcow2"
    store_with(tmp_path, url, sha256(disk)).build("cloud", print)
    assert seen == [url]


def test_a_url_that_is_none_is_refused_and_not_blamed_on_the_network(tmp_path: Path) -> None:
    store = store_with(tmp_path, "http://[::1/x", "a" * 64)
    with pytest.raises(ImageError, match="cannot download image 'cloud'") as caught:
        store.build("cloud", print)
    assert caught.value.next_step == "correct the url in the recipe"
