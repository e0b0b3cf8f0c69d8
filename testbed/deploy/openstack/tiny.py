"""The tiny image in glance: sent by a node, whose own image has it as a file."""

from testbed.deploy.openstack.asking import find, patiently
from testbed.guest import Command, must
from testbed.probe.cloud.ask import IMAGE, Api

PATH = "/usr/share/testbed/tiny.raw"
_SENDING = 1200.0  # seconds; emulated nodes write it to Ceph three times
_ACTIVE, _ALL = "active", "public"


def tiny_image(api: Api, name: str) -> None:
    """Make the image, unless it is there whole: one whose sending broke off is made anew.

    An image of that name that a project keeps for itself is none of ours.
    """
    found = patiently(lambda: find(api, IMAGE, "/v2/images", name=name, visibility=_ALL))
    if found is not None and found["status"] == _ACTIVE:
        return
    if found is not None:
        api.must("DELETE", IMAGE, f"/v2/images/{found['id']}")
    # Glance's own shape: what is asked for is the body itself.
    wanted = {
        "name": name,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": _ALL,
        # Its disk is written through, and one that still boots would be waited for in vain.
        "os_shutdown_timeout": "0",
        "hw_scsi_model": "virtio-scsi",
        "hw_cdrom_bus": "scsi",  # nova's own choice, IDE, takes an emulated instance far longer
    }
    made = api.must("POST", IMAGE, "/v2/images", wanted)
    must(api.guest, _sending(api, made["id"]), timeout=_SENDING, stdin=_token(api))


def _sending(api: Api, image: str) -> Command:
    """Return the command that sends the file; the token is none of its words, which all can see."""
    url = f"{api.places[IMAGE]}/v2/images/{image}/file"
    header = "Content-Type: application/octet-stream"
    words = ("curl", "--silent", "--show-error", "--fail", "--output", "/dev/null")
    own = ("--header", "@-", "--header", header, "--header", "Expect:", "--upload-file", PATH)
    return Command((*words, *own, url))


def _token(api: Api) -> bytes:
    return f"X-Auth-Token: {api.token}\n".encode()
