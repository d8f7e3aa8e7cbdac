"""Which loader reads a path: a registry, tried in the order of registration.

    from qlinalg import loaders

    @loaders.register("gguf", accepts=lambda path: path.suffix == ".gguf")
    def load(path):        # pathlib.Path, which exists
        return Source(...)

`accepts` looks at the name and the first bytes only; `load` imports what it needs itself, so that `import qlinalg` stays quick. A file that
is damaged is a `qlinalg.Error` that says what was expected and what was found.
"""

import dataclasses
import pathlib
from collections.abc import Callable

from .source import Source


@dataclasses.dataclass(frozen=True)
class Loader:
    name: str
    accepts: Callable[[pathlib.Path], bool]
    load: Callable[..., Source]


_loaders: list[Loader] = []


def register(name, *, accepts):
    """Makes the decorated function the loader of paths that `accepts` says yes to; options of `qlinalg.load` are handed to it."""

    def add(function):
        _loaders.append(Loader(name, accepts, function))
        return function

    return add


def find(path: pathlib.Path) -> Loader | None:
    """The first loader that accepts `path`."""
    return next((loader for loader in _loaders if loader.accepts(path)), None)


def names() -> list[str]:
    """Of all loaders, in their order."""
    return [loader.name for loader in _loaders]
