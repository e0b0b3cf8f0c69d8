"""`testbed image`: build, list, show and prune what machines boot from."""

import dataclasses
import json as json_text
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # pydantic and YAML are loaded by the command, not by every `testbed --help`
    from testbed.image import Entry, Image, Record, Store

app = typer.Typer(no_args_is_help=True, help="Build, list, show and prune what machines boot from.")


def _names() -> list[str]:
    from testbed.image import recipe_names, recipes_folder

    return list(recipe_names(recipes_folder()))


_HELP = "Name of a recipe in images/."
RecipeName = Annotated[str, typer.Argument(metavar="NAME", help=_HELP, autocompletion=_names)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def _store() -> "Store":
    from testbed.image import Store

    return Store()


def _images_in_use() -> AbstractSet[str]:
    """Return the digests of the images that machines stand on, existing or kept."""
    from testbed.apply.kept import images_in_use
    from testbed.cli.options import open_host

    with open_host() as (host, folders):
        return images_in_use(host, folders)


@app.command()
def build(
    name: RecipeName = "base",
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Run its own stages again, with the packages of today; its parents' stay.",
        ),
    ] = False,
) -> None:
    """Build an image, unless it is built already.

    Stages that are unchanged are not run again. Packages come from the Debian mirror in
    TESTBED_DEBIAN_MIRROR, where it is set.
    """
    image = _store().build(name, _say, force=force, in_use=_images_in_use)
    typer.echo(image.disk.parent)


@app.command(name="list")
def list_images(json: Json = False) -> None:
    """List recipes and images: built, missing or outdated.

    Outdated is an image that no recipe makes any more.
    """
    entries = _store().list()
    if json:
        typer.echo(json_text.dumps([dataclasses.asdict(entry) for entry in entries], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "digest", "state", "on disk", "age", box=None)
    for entry in entries:
        table.add_row(*_cells(entry, time.time()))
    Console(highlight=False).print(table)


@app.command()
def show(name: RecipeName, json: Json = False) -> None:
    """Show how an image was built.

    Its digest, its files, how many packages it has, and the seconds each stage took.
    """
    store = _store()
    image, record = store.get(name), store.record(name)
    if json:
        paths = {"disk": image.disk, "kernel": image.kernel, "initrd": image.initrd}
        texts = {key: path and str(path) for key, path in paths.items()}
        typer.echo(json_text.dumps({**dataclasses.asdict(record), **texts}, indent=2))
        return
    for key, value in _facts(image, record):
        typer.echo(f"{key + ':':18} {value}")


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go.")] = False,
    stages: Annotated[
        bool, typer.Option("--stages", help="All stages: the next build begins from nothing.")
    ] = False,
) -> None:
    """Remove images and stages that no recipe and no machine needs."""
    removed = _store().prune(_images_in_use(), dry_run, stages=stages)
    verb = "would remove" if dry_run else "removed"
    for item in removed:
        typer.echo(f"{verb} {item.path.name}: {item.reason}, {_size(item.bytes_freed)}")
    total = sum(item.bytes_freed for item in removed)
    typer.echo(f"{verb} {_size(total)}" if removed else "nothing to remove")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _facts(image: "Image", record: "Record") -> Iterator[tuple[str, object]]:
    yield "name", record.name
    yield "kind", record.kind
    yield "digest", record.digest
    yield "disk", image.disk
    if image.kernel:
        yield "kernel", image.kernel
        yield "initrd", image.initrd
        yield "cmdline", image.cmdline
    yield "size", f"{image.size_mib} MiB"
    if record.packages:
        yield "packages", record.packages
    yield "built", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.built_at))
    for stage, seconds in record.seconds.items():
        yield f"stage {stage}", f"{seconds:.1f} s"


def _cells(entry: "Entry", now: float) -> tuple[str, ...]:
    age = "" if entry.built_at is None else _age(now - entry.built_at)
    size = _size(entry.bytes_on_disk) if entry.bytes_on_disk else ""
    return (entry.name, entry.digest[:12], entry.state.value, size, age)


def _size(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
