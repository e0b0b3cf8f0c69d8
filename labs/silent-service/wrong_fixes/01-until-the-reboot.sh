#!/bin/sh
ip route del 10.0.50.12/32 via 10.0.100.99
