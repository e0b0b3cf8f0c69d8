"""The programs in the storage image, run here by the host's Python with a RADOS of our own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

IMAGES = Path(__file__).parents[3] / "images" / "storage"

# A cluster is a folder: an object is a file. It stands in for the library, not for Ceph.
RADOS = """
import json, os, sys, types

class ObjectNotFound(Exception):
    errno = 2

class Pool:
    def __init__(self, folder):
        self.folder = folder
    def _path(self, name):
        return os.path.join(self.folder, name)
    def read(self, name, length=8192, offset=0):
        try:
            with open(self._path(name), "rb") as file:
                return file.read(length)
        except FileNotFoundError:
            raise ObjectNotFound(name)
    def write(self, name, data, offset=0):
        mode = "r+b" if os.path.exists(self._path(name)) else "wb"
        with open(self._path(name), mode) as file:
            file.seek(offset)
            file.write(data)

class Rados:
    def __init__(self, conffile):
        pass
    def conf_set(self, key, value):
        pass
    def connect(self, timeout=None):
        pass
    def open_ioctx(self, name):
        return Pool(os.environ["POOL"])

module = types.ModuleType("rados")
module.ObjectNotFound, module.Rados, module.Error = ObjectNotFound, Rados, ObjectNotFound
sys.modules["rados"] = module
sys.argv = sys.argv[1:]
exec(compile(open(sys.argv[0]).read(), sys.argv[0], "exec"))
"""


def start(program: str, pool: Path, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RADOS, str(IMAGES / program), *argv],
        env={"POOL": str(pool)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def written(pool: Path, log: Path, numbers: int) -> None:
    """Let the sequence writer write until so many were acknowledged, and end it as a power cut."""
    with start("ceph-sequence", pool, "write", "volumes", "seq", str(log)) as writer:
        while not log.exists() or len(log.read_text().splitlines()) < numbers:
            assert writer.poll() is None
        writer.kill()


def verified(pool: Path, log: Path) -> dict[str, object]:
    with start("ceph-sequence", pool, "verify", "volumes", "seq", str(log)) as verifier:
        out, _ = verifier.communicate(timeout=30)
    found: dict[str, object] = json.loads(out)
    return found


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    folder = tmp_path / "pool"
    folder.mkdir()
    return folder


def test_what_was_acknowledged_is_found_again(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(pool, log, 10)
    found = verified(pool, log)
    assert found["acknowledged"] == len(log.read_text().splitlines())
    assert found["lost"] == []
    assert isinstance(found["longest_gap"], float)
    assert 0.03 < found["longest_gap"] < 10


def test_a_sequence_goes_on_where_it_stood(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(pool, log, 3)
    before = [int(line.split()[0]) for line in log.read_text().splitlines()]
    written(pool, log, len(before) + 3)
    numbers = [int(line.split()[0]) for line in log.read_text().splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_lost_acknowledged_write_is_named(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(pool, log, 5)
    (pool / "seq.3").unlink()
    assert verified(pool, log)["lost"] == [3]


def test_a_write_that_was_never_acknowledged_is_no_loss(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(pool, log, 5)
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(lines[:4]) + lines[4][:3])  # cut in the middle of a line
    found = verified(pool, log)
    assert (found["acknowledged"], found["lost"]) == (4, [])


def test_a_gap_is_measured_between_acknowledgements(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    written(pool, log, 3)
    first, second, third = (line.split() for line in log.read_text().splitlines()[:3])
    late = f"{float(second[1]) + 27.5:.3f}"
    log.write_text(f"{' '.join(first)}\n{' '.join(second)}\n{third[0]} {late}\n")
    assert verified(pool, log)["longest_gap"] == 27.5


def test_nothing_acknowledged_is_told_as_such(pool: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("")
    assert verified(pool, log) == {
        "acknowledged": 0,
        "longest_gap": 0.0,
        "lost": [],
        "since_last": None,
    }


def test_ceph_ask_answers_each_line_and_a_bad_question_is_no_end(pool: Path) -> None:
    with start("ceph-ask", pool) as program:
        assert program.stdin is not None
        assert program.stdout is not None

        def ask(question: str) -> dict[str, object]:
            program.stdin.write(f"{question}\n")  # type: ignore[union-attr]
            program.stdin.flush()  # type: ignore[union-attr]
            found: dict[str, object] = json.loads(program.stdout.readline())  # type: ignore[union-attr]
            return found

        missing = ask(
            json.dumps(
                {"to": "socket", "daemon": "mon.x", "timeout": 2, "command": {"prefix": "a"}}
            )
        )
        again = ask(json.dumps({"to": "read", "pool": "p", "name": "gone", "timeout": 2}))
        program.stdin.close()
    assert missing["status"] != 0
    assert again["status"] != 0
    assert set(missing) == set(again) == {"status", "out", "text"}
