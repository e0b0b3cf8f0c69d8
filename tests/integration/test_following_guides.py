"""`make prove` follows guides as a learner would, and only one that ends its lab is followed."""

import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[1] / "prove"
NAMED = ("--name", "try-aolda")
TESTBED = """#!/bin/sh
printf 'testbed %s\\n' "$*" >>{log}
case "$*" in
*" -- bash -s") sed 's/^/  /' >>{log} ;;
"lab status"*) [ -e {going} ] && echo '{{}}' || echo null ;;
"lab start"*) touch {going} ;;
"lab finish"*) [ -e {stuck} ] && exit 1; rm -f {going} ;;
"lab hint"*) sleep 600 ;;
esac
"""
GUIDE = """# A guide

## Look

```sh
testbed ssh node1 # anywhere
```

```sh
ip link
me=1 # at node2: me=2
```

```sh
testbed ssh node2
```

## End

```sh
false
testbed lab check
```
"""
END = "\n```sh\ntestbed lab finish\n```\n\n```sh\ntestbed lab debrief\nfalse\n```\n"


@pytest.fixture
def following(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The module, with a `testbed` that only tells what it was asked."""
    monkeypatch.syspath_prepend(str(PROGRAM))
    import following

    paths = {name: tmp_path / name for name in ("log", "going", "stuck")}
    (tmp_path / "testbed").write_text(TESTBED.format(**paths))
    (tmp_path / "testbed").chmod(0o755)
    monkeypatch.setattr(following, "BIN", tmp_path)
    monkeypatch.setattr(following, "LABS", tmp_path)
    yield following
    sys.modules.pop("following", None)


def write(folder: Path, guide: str) -> None:
    (folder / "my-lab").mkdir()
    (folder / "my-lab" / "guide.en.md").write_text(guide)


def proving(following: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the program itself, with the same `testbed`."""
    spec = importlib.util.spec_from_file_location("proving", PROGRAM / "__main__.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "proving", made)
    spec.loader.exec_module(made)
    monkeypatch.setattr(made, "TESTBED", following.BIN / "testbed")
    return made


def test_a_guide_is_typed_where_its_blocks_belong(following: ModuleType, tmp_path: Path) -> None:
    write(tmp_path, GUIDE + END)
    assert following.follow("my-lab", NAMED)
    assert (tmp_path / "log").read_text().splitlines() == [
        "testbed lab start --name try-aolda my-lab",
        "testbed ssh --name try-aolda node1 -- bash -s",
        "  ip link",
        "  me=1 # at node2: me=2",
        "testbed ssh --name try-aolda node2 -- bash -s",
        "  ip link",
        "  me=2",
        "testbed lab check --name try-aolda",
        "testbed lab check --name try-aolda --watch",
        "testbed lab finish --name try-aolda",
        "testbed lab debrief --name try-aolda",
    ]


def test_the_guide_of_a_new_lab_can_be_followed(following: ModuleType, tmp_path: Path) -> None:
    from testbed.lab.new import create

    create(tmp_path, "my-lab")
    assert following.follow("my-lab", NAMED)
    assert (tmp_path / "log").read_text().splitlines()[1:5] == [
        "testbed ssh --name try-aolda node2 -- bash -s",
        "  ping -c 3 10.0.20.11",
        "  ping -c 3 -M do -s 8972 10.0.20.11 # in one piece",
        "  ip -d link show vlan-storage",
    ]


@pytest.mark.parametrize("end", ["", END])
def test_a_guide_is_followed_where_it_ends_the_lab_and_none_is_left_going_on(
    following: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    write(tmp_path, GUIDE + end)
    failed = proving(following, monkeypatch).failing("my-lab", NAMED)
    assert failed == ("" if end else "its guide")
    asked = (tmp_path / "log").read_text()
    assert ("lab finish --give-up --name try-aolda" in asked) == (not end)
    assert not (tmp_path / "going").exists()


def test_a_lab_that_cannot_be_finished_is_not_followed(
    following: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, GUIDE + END)
    (tmp_path / "stuck").touch()
    assert proving(following, monkeypatch).failing("my-lab", NAMED) == "its guide"


def test_a_block_that_hangs_is_ended_with_all_it_began(
    following: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_LIMIT", 1.0)
    write(tmp_path, GUIDE + "\n```sh\ntestbed lab hint\ntouch lived\n```\n" + END)
    monkeypatch.chdir(tmp_path)
    begun = time.monotonic()
    assert following.follow("my-lab", NAMED)
    assert time.monotonic() - begun < 60
    assert not (tmp_path / "lived").exists()
    asked = (tmp_path / "log").read_text()
    assert asked.index("lab hint") < asked.index("lab finish"), "the next block is typed"


def test_every_topology_has_a_testbed_whose_name_is_short_enough(
    following: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from testbed.apply.folders import is_name
    from testbed.topology.shipped import shipped

    made, asked = proving(following, monkeypatch), []
    monkeypatch.setattr(made, "does", lambda *argv: asked.append(argv[-1]))
    for topology in shipped():
        made.prove(topology, [])
    assert [name for name in asked if not is_name(name)] == []
