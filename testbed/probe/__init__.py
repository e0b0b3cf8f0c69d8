"""Observations of running machines: a probe looks, never changes, and says what it saw."""
