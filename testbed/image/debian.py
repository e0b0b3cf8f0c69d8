"""A Debian recipe to a bootable disk: the chain of stages, then one filesystem."""

import os
import shlex
import uuid
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from testbed.image.digest import Chain, Link
from testbed.image.models import Boot
from testbed.image.stages import run_stage
from testbed.image.workshop import Stopwatch, Workshop, must_have_space

_TAR_OPTIONS = ("--xattrs", "--xattrs-include=*", "--numeric-owner")


def build_debian(shop: Workshop, chain: Chain, tars: Path, identity: str, watch: Stopwatch) -> int:
    """Make root.qcow2, kernel and initrd in the workshop's folder; return the packages' number.

    Work begins after the newest stage found in `tars`; every later one is kept there. `identity`
    makes the filesystem's UUID. Raises `ImageError` naming the stage that failed.
    """
    links = chain.links
    begin = first_to_run(links, tars_in(tars))
    must_have_space(shop.folder, need_mib(chain, begin), f"build '{shop.recipe}'")
    if begin > 0:
        watch.report(f"{begin} of {len(links)} stages are unchanged")
        with watch.timing("unpack"):
            _unpack(shop, tars / links[begin - 1].tar_name)
    for link in links[begin:]:
        watch.report(f"stage {links.index(link) + 1} of {len(links)}: {link.stage.name}")
        with watch.timing(link.stage.name):
            run_stage(shop, link)
            _keep(shop, link, tars)
    with watch.timing("disk"):
        packages = _count_packages(shop.tree)
        _copy_boot_files(shop, chain.boot)
        _write_disk(shop, chain.size_mib, identity)
    return packages


def tars_in(folder: Path) -> frozenset[str]:
    """Return the names of the trees that are kept in a folder, which need not exist."""
    return frozenset(tar.name for tar in folder.glob("*.tar"))


def first_to_run(links: Sequence[Link], kept: Collection[str]) -> int:
    """Return the index of the first stage after the newest whose tar is among those `kept`."""
    have = [index for index, link in enumerate(links) if link.tar_name in kept]
    return have[-1] + 1 if have else 0


def need_mib(chain: Chain, begin: int) -> int:
    """Return the space a build takes: tree, raw disk, qcow2, and a tar of each stage to run."""
    return 3 * chain.tree_mib + _tars_mib(chain, begin)


def need_in_turn_mib(chains: Iterable[Chain], kept: Collection[str]) -> int:
    """Return the space that builds take one after the other, beside what earlier ones leave."""
    have, left, most = set(kept), 0, 0
    for chain in chains:
        begin = first_to_run(chain.links, have)
        most = max(most, left + need_mib(chain, begin))
        left += chain.tree_mib + _tars_mib(chain, begin)
        have |= {link.tar_name for link in chain.links[begin:]}
    return most


def _tars_mib(chain: Chain, begin: int) -> int:
    return sum(link.tree_mib for link in chain.links[begin:])


def _unpack(shop: Workshop, tar: Path) -> None:
    shop.tree.mkdir()
    extract = ("tar", "--extract", *_TAR_OPTIONS, "--same-permissions", "--same-owner")
    shop.must("unpack", (*extract, f"--directory={shop.tree}", f"--file={tar}"))


def _keep(shop: Workshop, link: Link, tars: Path) -> None:
    """Store the tree under the stage's digest; a half-written tar never has that name."""
    unfinished = shop.folder / "stage.tar"
    create = ("tar", "--create", *_TAR_OPTIONS, f"--directory={shop.tree}")
    shop.must(link.stage.name, (*create, f"--file={unfinished}", "."))
    with unfinished.open("rb") as handle:
        os.fsync(handle.fileno())  # a power cut must not leave half a tree under a good name
    unfinished.rename(tars / link.tar_name)


def _count_packages(tree: Path) -> int:
    status = (tree / "var/lib/dpkg/status").read_text(encoding="utf-8", errors="replace")
    return status.count("\nStatus: install ok installed\n")


def _copy_boot_files(shop: Workshop, boot: Boot) -> None:
    """Copy kernel and initrd out; read inside the tree, where its absolute links lead."""
    for path, target in ((boot.kernel, "kernel"), (boot.initrd, "initrd")):
        text = f'chroot {shlex.quote(str(shop.tree))} cat {shlex.quote(path)} >"$0"'
        shop.must(f"copy {path}", ("sh", "-c", text, str(shop.folder / target)))


def _write_disk(shop: Workshop, size_mib: int, identity: str) -> None:
    """Put the tree on an ext4 filesystem that is the whole disk; nothing is mounted for it."""
    raw = shop.folder / "root.raw"
    name = uuid.uuid5(uuid.NAMESPACE_OID, identity)
    # A new sparse file reads as zeros, so no machine need clear inode tables in the background.
    features = f"assume_storage_prezeroed=1,hash_seed={name}"
    options = ("-q", "-F", "-t", "ext4", "-m", "0", "-L", "root", "-U", str(name), "-E", features)
    shop.must("disk", ("mke2fs", *options, "-d", str(shop.tree), str(raw), f"{size_mib}M"))
    shop.must(
        "disk", ("qemu-img", "convert", "-O", "qcow2", str(raw), str(shop.folder / "root.qcow2"))
    )
    raw.unlink()
    shop.sandbox.remove(shop.tree)
