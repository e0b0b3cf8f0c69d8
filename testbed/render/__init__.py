"""Plan → text: what libvirt, the guests and the user's SSH client read."""
