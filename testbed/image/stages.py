"""What a stage does to the tree, and how it is run there."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from testbed.image.digest import Link, executable
from testbed.image.workshop import Workshop

MIRROR = "TESTBED_DEBIAN_MIRROR"  # a Debian mirror's URL; unset: mmdebstrap's own default
_ENTER = Path(__file__).with_name("enter.sh")
_INSTALL = Path(__file__).with_name("install.sh")


def run_stage(shop: Workshop, link: Link) -> None:
    """Change the workshop's tree by one stage. Raises `ImageError` if it fails."""
    if link.first:
        _bootstrap(shop, link)
        return
    payload = shop.folder / "payload"
    payload.mkdir()
    installs = link.stage.packages is not None
    if installs:
        put_packages(link, payload, os.environ)
    else:
        _put_script(link, payload)
    command = ("sh", str(_ENTER), str(shop.tree), str(payload))
    shop.must(link.stage.name, command, network=installs)
    shutil.rmtree(payload)


def bootstrap_argv(link: Link, tree: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the mmdebstrap command of a first stage.

    The sandbox has made us root already, so the mode is root for every user.
    """
    packages = ",".join(link.stage.packages or ())
    mirror = environ.get(MIRROR)
    return (
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        "--format=directory",
        *((f"--include={packages}",) if packages else ()),
        link.suite,
        str(tree),
        *((mirror,) if mirror else ()),
    )


def _bootstrap(shop: Workshop, link: Link) -> None:
    shop.must(link.stage.name, bootstrap_argv(link, shop.tree, os.environ), network=True)
    # mmdebstrap leaves this host's name and resolver. Device files are left to the guest's kernel,
    # because an ordinary user could not keep them.
    text = 'rm -f "$0/etc/resolv.conf" "$0/etc/hostname"; find "$0/dev" -mindepth 1 -delete'
    shop.must(link.stage.name, ("sh", "-c", text, str(shop.tree)))


def put_packages(link: Link, payload: Path, environ: Mapping[str, str]) -> None:
    """Put install.sh and what it reads into the payload."""
    shutil.copyfile(_INSTALL, payload / "stage")
    resolver = payload / "resolv.conf"
    shutil.copyfile("/etc/resolv.conf", resolver)
    resolver.chmod(0o644)  # whatever our umask: in the tree apt reads it as a user of its own
    (payload / "packages").write_text("\n".join(link.stage.packages or ()) + "\n", encoding="utf-8")
    if mirror := environ.get(MIRROR):
        (payload / "sources.list").write_text(f"deb {mirror} {link.suite} main\n", encoding="utf-8")


def _put_script(link: Link, payload: Path) -> None:
    """Put the stage's files and its script into the payload, and what puts them in place."""
    lines: list[str] = []
    for index, (target, name) in enumerate(link.stage.files.items()):
        source = link.folder / name
        shutil.copyfile(source, payload / f"file{index}")
        mode = "755" if executable(source) else "644"
        lines.append(f"install -D -m {mode} /run/testbed/file{index} {shlex.quote(target)}\n")
    if link.stage.script is not None:
        shutil.copyfile(link.folder / link.stage.script, payload / "script")
        lines.append("/bin/sh -eu /run/testbed/script\n")
    (payload / "stage").write_text("".join(lines), encoding="utf-8")
