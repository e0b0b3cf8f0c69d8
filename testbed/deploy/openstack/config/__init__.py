"""The configuration of each part of OpenStack, as the text of its files."""
