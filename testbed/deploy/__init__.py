"""Software in the guests: facts in, commands out; every step may be taken twice."""
