"""What is in the repository fits any machine: no path of one, no host nobody agreed on."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Guests have the user aolda, examples the user learner.
MACHINE_PATH = re.compile(
    r"(?<![\w.$}~-])/(?:work|(?:var/)?tmp/\w[\w-]*|home/(?!aolda\b|learner\b)\w+)/[\w.]"
)
# Below /root an initrd has the file systems of the real root.
ROOT_HOME = re.compile(r"(?<![\w.$}~-])/root/(?!(?:dev|proc|run|sys)\b)[\w.]")
HOST = re.compile(r"://(?:[\w.-]+@)?((?:[a-z0-9-]+\.)+[a-z]{2,})", re.IGNORECASE)
BARE_HOST = re.compile(r"(?<![\w./-])((?:[a-z0-9-]+\.)+(?:org|com|net|io|dev))(?![\w(-])")

MADE_BY_TOOLS = re.compile(
    r"\.venv|\.git|\.\w+_cache|\.hypothesis|__pycache__|.*\.egg-info|failures"
)

ALLOWED_HOSTS = {
    "cloudinit.net",  # a Python module of cloud-init
    "example.com",
    "example.org",
    "github.com",
    "json-schema.org",
    "libssh.org",  # in names of SSH algorithms
    "libvirt.org",
    "netplan.io",  # a package
    "openssh.com",  # in names of SSH algorithms
    "www.apache.org",
    "www.w3.org",
    "yaml.org",  # in YAML's tags
}


def texts() -> Iterator[Path]:
    """Yield every text file of the checkout that is not made by a tool."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if not MADE_BY_TOOLS.fullmatch(name))
        own = sorted(name for name in names if not MADE_BY_TOOLS.fullmatch(name))
        for path in (Path(folder) / name for name in own):
            if path.is_file() and b"\0" not in path.read_bytes()[:4096]:
                yield path


def is_allowed(host: str) -> bool:
    host = host.lower()
    return host in ALLOWED_HOSTS or host.endswith((".example", ".invalid", ".test", ".example.org"))


def test_no_file_names_a_path_of_one_machine():
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in texts()
        for pattern in (MACHINE_PATH, ROOT_HOME)
        for match in pattern.finditer(path.read_text(errors="replace"))
    }
    assert sorted(found) == []


def test_files_name_only_hosts_we_agreed_on():
    found = {
        f"{path.relative_to(ROOT)}: {host}"
        for path in texts()
        for pattern in (HOST, BARE_HOST)
        for host in pattern.findall(path.read_text(errors="replace"))
        if not is_allowed(host)
    }
    assert sorted(found) == []


@pytest.mark.parametrize(
    "text", ["/wo" + "rk/main/x", "/tm" + "p/floor/tree", "/ro" + "ot/.cache", "/ho" + "me/ann/x"]
)
def test_a_path_of_one_machine_is_recognised(text):
    assert MACHINE_PATH.search(text) or ROOT_HOME.search(text)
