"""Models that several tests read."""

import pathlib
import signal
import sys

import numpy as np
import pytest

import qlinalg

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "test" / "Integration" / "models"
TINYLM = REPOSITORY / "examples" / "tinylm"

# A shell starts what runs in its background with interrupts ignored, and programs inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mlp_files(tmp_path_factory):
    """Linear(16, 64), Linear(64, 16, no bias), Linear(16, 8) whose weights are arguments: (module, parameters, names, arrays)."""
    arrays = dict(np.load(MODELS / "mlp_args.npz"))
    names = [str(name) for name in arrays["names"]]
    path = tmp_path_factory.mktemp("mlp") / "mlp.safetensors"
    writer = qlinalg._native.ArchiveWriter(str(path))
    for i, name in enumerate(names):
        if name:
            writer.add(name, arrays[f"in{i}"])
    writer.commit()
    return MODELS / "mlp_args.mlir", path, names, arrays


@pytest.fixture
def mlp(mlp_files):
    module, parameters, names, _ = mlp_files
    return qlinalg.load(module, parameters=parameters, names=names)


@pytest.fixture(scope="session")
def peer_python():
    """The interpreter with the packages of `make bench-peers`, beside the venv that runs this; None where there is none."""
    python = pathlib.Path(sys.prefix).parent / "venv-bench" / "bin" / "python"
    return str(python) if python.exists() else None
