"""Loaders of MLIR files, and of folders that `Model.save` wrote."""

import json
import os
import pathlib
import tempfile

from . import _native
from .errors import Error
from .files import must_exist
from .loaders import register
from .model import MARKER, load_folder
from .settings import pass_text
from .source import Source


def _is_mlir(path):
    if path.is_dir():
        return False
    with open(path, "rb") as file:
        return path.suffix in (".mlir", ".mlirbc") or file.read(4) == b"ML\xefR"


@register("qlinalg", accepts=lambda path: path.is_dir() and (path / MARKER).is_file())
def load_saved(path):
    try:
        return load_folder(path)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise Error(f"{path / MARKER}: expected what Model.save wrote, got {type(error).__name__}: {error}") from error


@register("mlir", accepts=_is_mlir)
def load_mlir(path, parameters=None, names=None, entry=None):
    """Text or bytecode of any frontend. `parameters`: safetensors files (default: that of the same name, where it is). `names`: of arguments
    that are weights, a list or a file with one a line; None or an empty line leaves an argument."""
    module = _native.Module.load(os.fspath(path))
    if parameters is None:
        beside = path.with_suffix(".safetensors")
        parameters = [beside] if beside.exists() and (names is not None or module.parameters()) else []
    elif isinstance(parameters, (str, os.PathLike)):
        parameters = [parameters]
    parameters = [must_exist(file) for file in parameters]
    if names is not None:
        _bind(module, names, entry)
    return Source(module, parameters, entry=entry)


def _bind(module, names, entry):
    with tempfile.TemporaryDirectory(prefix="qlinalg.") as folder:
        if not isinstance(names, (str, os.PathLike)):
            file = pathlib.Path(folder, "names.txt")
            file.write_text("".join(f"{name or ''}\n" for name in names), encoding="utf-8")
            names = file
        options = {"entry": module.signature(entry or "")[0], "names": must_exist(names)}
        module.run(f"builtin.module({pass_text('qlinalg-bind-parameters', options)})")
