"""Files and folders that appear whole or not at all."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from . import _native
from .arrays import element_of, prepare
from .errors import Error


def must_exist(path):
    """`path` as a pathlib.Path; FileNotFoundError where there is nothing."""
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory", str(path))
    return path


@contextlib.contextmanager
def new_folder(path, marker):
    """A folder to fill, which takes the place of `path` at the end; of a folder there only where it holds `marker`. After an exception
    nothing has changed."""
    path = pathlib.Path(path)
    if path.exists() and not (path / marker).is_file():
        raise Error(f"expected {path} to be absent or a folder with {marker}, got something else")
    path.parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        made = work / "new"
        made.mkdir()
        yield made
        if path.exists():
            path.rename(work / "old")
        made.rename(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def new_file(path):
    """The path of a file to write, which takes the place of `path` at the end, or is removed after an exception."""
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_tensors(path, tensors, metadata=None):
    """A safetensors file of {name: array, or a function that gives one}, one after another."""
    writer = _native.ArchiveWriter(os.fspath(path))
    for key, value in (metadata or {}).items():
        writer.set_metadata(key, value)
    for name, array in tensors.items():
        if callable(array):
            array = array()
        writer.add(name, prepare(array), element_of(array))
    writer.commit()
