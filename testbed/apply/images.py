"""The images that a testbed's machines boot from, built where they are missing."""

from collections.abc import Collection, Mapping
from functools import partial

from testbed.apply import kept
from testbed.apply.folders import Folders
from testbed.apply.progress import WHOLE, Recorder, Stage
from testbed.host import Host
from testbed.image import Image, Store
from testbed.plan.models import Plan


def build_images(
    host: Host, folders: Folders, plan: Plan, made: Collection[str], recorder: Recorder
) -> Mapping[str, Image]:
    """Return the images the machines boot from, building what is missing.

    One that lost its kernel is missing only to machines that are to be `made`.
    Raises `StateError` where one is gone that disks of existing or kept machines stand on.
    """
    store = Store(folders.cache)
    in_use = partial(kept.images_in_use, host, folders, but=plan.name)
    found: dict[str, Image] = {}
    for name in dict.fromkeys(machine.image for machine in plan.machines):
        image = store.find(name)
        booted = any(each.image == name for each in plan.machines if each.name in made)
        if image is None or (booted and image.swept):
            with recorder.step(WHOLE, Stage.IMAGE, f"building image '{name}', once"):
                report = partial(recorder.note, Stage.IMAGE)
                image = store.build(name, report, in_use=in_use)
        found[name] = image
    return found
