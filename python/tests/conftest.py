"""What tests share."""

import pathlib
import sys

import pytest


@pytest.fixture(scope="session")
def peer_python():
    """The interpreter with the packages of `make bench-peers`, beside the venv that runs this; None where there is none."""
    python = pathlib.Path(sys.prefix).parent / "venv-bench" / "bin" / "python"
    return str(python) if python.exists() else None
