"""Tempest's own client knows no SOCKS proxy, so every connection of its processes takes ours.

Python imports this where it stands on PYTHONPATH.
"""

import os
import socket

import socks

_host, _, _port = os.environ["TESTBED_SOCKS"].rpartition(":")
socks.set_default_proxy(socks.SOCKS5, _host, int(_port))
socket.socket = socks.socksocket
