"""Verbs that must answer at once load no library that they do not need."""

import subprocess
import sys

import pytest

LOADED = "import sys; print(*(set(sys.argv[1:]) & set(sys.modules)))"


def loaded_by(modules: str, *libraries: str) -> set[str]:
    """Return which of the libraries a new process has loaded once it has the modules."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {modules}; {LOADED}", *libraries],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_help_loads_neither_libvirt_nor_models_nor_ssh():
    assert loaded_by("testbed.cli.main", "libvirt", "pydantic", "paramiko", "yaml") == set()


def test_status_loads_no_library_for_ssh_or_passwords():
    modules = "testbed.cli.status, testbed.apply.status, testbed.apply.observe, testbed.apply.kept"
    assert loaded_by(modules, "paramiko", "cryptography", "bcrypt") == set()


@pytest.mark.parametrize("name", ["Patience", "SshGuest", "new_keypair"])
def test_what_is_loaded_when_used_is_there(name):
    import testbed.guest

    assert getattr(testbed.guest, name).__name__ == name
