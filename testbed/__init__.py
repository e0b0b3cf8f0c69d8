"""A miniature of the Aolda cloud, made of virtual machines."""

__version__ = "0.1.0"
