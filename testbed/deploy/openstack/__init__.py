"""OpenStack from Debian's packages: everything but its addresses and secrets is in the image.

The image `cloud` holds the packages and a database with every schema, keystone's users and the
catalogue. What is different in each testbed is rendered here, and put into that database once.
"""
