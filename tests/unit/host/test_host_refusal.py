import errno

import libvirt
import pytest

from testbed.errors import HostError
from testbed.host.refusal import advice, connection_lost, explaining


def refusal(
    code: int, message: str = "no", *, domain: int = libvirt.VIR_FROM_QEMU, number: int = -1
) -> libvirt.libvirtError:
    error = libvirt.libvirtError("")
    error.err = (code, domain, message, 2, None, None, None, number, -1)
    error.args = (message,)
    return error


QEMU_CLOSED = "internal error: QEMU unexpectedly closed the monitor (vm='a'): "


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (
            refusal(
                libvirt.VIR_ERR_INTERNAL_ERROR,
                QEMU_CLOSED + "Could not set up host forwarding rule 'tcp:127.1.1.1:2301-:22'",
            ),
            "ss -ltnp",
        ),
        (
            refusal(
                libvirt.VIR_ERR_INTERNAL_ERROR,
                QEMU_CLOSED + "cannot set up guest memory 'pc.ram': Cannot allocate memory",
            ),
            "smaller topology",
        ),
        (
            refusal(
                libvirt.VIR_ERR_INTERNAL_ERROR,
                QEMU_CLOSED + "qemu: could not open kernel file '/k': No such file or directory",
            ),
            "testbed down --forget --name NAME, then: testbed up TOPOLOGY --name NAME",
        ),
        (
            refusal(
                libvirt.VIR_ERR_INTERNAL_ERROR,
                QEMU_CLOSED + "qemu: failed to initialize kvm: Device or resource busy",
            ),
            "testbed doctor --again",
        ),
        (
            refusal(libvirt.VIR_ERR_SYSTEM_ERROR, "cannot allocate", number=errno.ENOSPC),
            "free disk space",
        ),
        (refusal(libvirt.VIR_ERR_SYSTEM_ERROR, "cannot access", number=errno.ENOENT), "testbed up"),
        (refusal(libvirt.VIR_ERR_NO_DOMAIN), "testbed status"),
        (refusal(libvirt.VIR_ERR_OPERATION_TIMEOUT), "try again"),
        (refusal(libvirt.VIR_ERR_XML_INVALID_SCHEMA), "testbed doctor"),
    ],
)
def test_a_refusal_says_what_to_do_about_it(error: libvirt.libvirtError, part: str) -> None:
    assert part in advice(error)


def test_libvirts_own_sentence_is_the_why() -> None:
    with pytest.raises(HostError) as caught, explaining("start domain 'a'"):
        raise refusal(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found\n")
    assert list(caught.value.lines()) == [
        "error: cannot start domain 'a'",
        "  why: Domain not found",
        " next: run: testbed status",
    ]


def test_other_errors_pass_untouched() -> None:
    with pytest.raises(KeyError), explaining("do something"):
        raise KeyError("a bug")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal(libvirt.VIR_ERR_SYSTEM_ERROR, domain=libvirt.VIR_FROM_RPC), True),
        (refusal(libvirt.VIR_ERR_INTERNAL_ERROR, domain=libvirt.VIR_FROM_RPC), True),
        (refusal(libvirt.VIR_ERR_INTERNAL_ERROR, domain=libvirt.VIR_FROM_QEMU), False),
        (refusal(libvirt.VIR_ERR_NO_DOMAIN, domain=libvirt.VIR_FROM_QEMU), False),
    ],
)
def test_only_a_broken_connection_counts_as_lost(
    error: libvirt.libvirtError, expected: bool
) -> None:
    assert connection_lost(error) is expected
