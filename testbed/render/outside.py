"""The two NICs that lead out of a machine without a cable: their fixed addresses.

QEMU's user networking plays the other end of each. Both networks are reserved for documentation,
so neither can be a VLAN's subnet or anything a machine would want to reach.
"""

OOB_NIC = "oob0"
OOB_SUBNET = "192.0.2.0/24"
OOB_HOST = "192.0.2.2"
OOB_GUEST = "192.0.2.15/24"

WAN_NIC = "wan0"
WAN_SUBNET = "198.51.100.0/24"
WAN_HOST = "198.51.100.2"
WAN_DNS = "198.51.100.3"
WAN_GUEST = "198.51.100.15/24"
