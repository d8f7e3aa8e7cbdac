"""What is timed beside this project: one file a peer, found here.

Each has `version()`, which raises where the peer is not installed, and `CONTESTANTS`.
"""

import importlib
import pkgutil


def find():
    """{name: module}"""
    return {info.name: importlib.import_module(f"peers.{info.name}") for info in pkgutil.iter_modules(__path__)}
