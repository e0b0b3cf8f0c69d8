"""Guided incident labs: break a testbed the way the real one broke, and tell what was repaired."""
