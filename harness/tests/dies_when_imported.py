"""A module that no process survives."""

import os

os.write(2, b"imported\n")
os.abort()
