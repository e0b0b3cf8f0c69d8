"""`make tempest`: its settings are tempest's own, and records of real tests are read rightly."""

import configparser
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tempest.config import list_opts

PROGRAM = Path(__file__).parents[1] / "tempest"
_OF_LIBRARIES = {"DEFAULT": {"log_file"}, "oslo_concurrency": {"lock_path"}}
TESTS = """
    import unittest

    class Sample(unittest.TestCase):
        def test_passes(self):
            pass

        @unittest.skip("nobody backs volumes up")
        def test_is_skipped(self):
            pass

        def test_fails(self):
            self.assertEqual(200, 503)
"""


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its modules, which no other test shall find under their short names."""
    monkeypatch.syspath_prepend(str(PROGRAM))
    yield
    for name in ("outcome", "settings"):
        sys.modules.pop(name, None)


def test_every_setting_is_one_that_tempest_knows(program: None) -> None:
    from settings import Judged, tempest_conf

    cloud = Judged("http://10.0.10.250:5000/v3", "admin", "p%a", "admin", "R", "i", "f", "o", 3)
    text = tempest_conf(cloud, Path("/work"))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    known = {**_OF_LIBRARIES, **{str(group): {o.name for o in own} for group, own in list_opts()}}
    for section in parser.sections():
        mine = {name for name in parser[section] if name not in parser.defaults()}
        assert mine <= {name.replace("-", "_") for name in known[section]}, section
    assert set(parser.defaults()) <= _OF_LIBRARIES["DEFAULT"]
    assert parser["auth"]["admin_password"] == "p%a"


def test_each_test_is_told_with_what_it_came_to(program: None, tmp_path: Path) -> None:
    from outcome import outcomes, table

    (tmp_path / "sample.py").write_text(textwrap.dedent(TESTS))
    record = tmp_path / "record"
    argv = [sys.executable, "-m", "subunit.run", "sample"]
    with record.open("wb") as stream:
        subprocess.run(argv, cwd=tmp_path, stdout=stream, check=False)
    found = {each.name.rpartition(".")[2]: each for each in outcomes(record)}
    assert found["test_passes"].passed
    assert found["test_is_skipped"].skipped
    assert found["test_is_skipped"].why == "nobody backs volumes up"
    assert "503" in found["test_fails"].why
    told = table(found.values())
    assert "| other | 1 | 1 | 1 |" in told
    assert "test_fails`: fail" in told
    assert "test_passes`" not in told
