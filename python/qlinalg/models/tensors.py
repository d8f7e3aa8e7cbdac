"""Which tensors a model's files hold: names, shapes and types, before anything of them is read."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence

from .. import _native
from ..errors import Error

FLOATS = ("f32", "f16", "bf16")


@dataclasses.dataclass(frozen=True)
class Stored:
    """A tensor of a file; `element` as MLIR spells it."""

    shape: tuple[int, ...]
    element: str


class Tensors:
    """All tensors of a model, by name. `origin` says in errors where they come from."""

    def __init__(self, stored: Mapping[str, Stored], origin: str):
        self.stored = dict(stored)
        self.origin = origin

    def __contains__(self, name: str) -> bool:
        return name in self.stored

    def prefix(self, anchor: str, prefixes: Sequence[str]) -> str:
        """The one of `prefixes` with which `anchor` is there: models are saved with and without their head."""
        for prefix in prefixes:
            if prefix + anchor in self:
                return prefix
        raise self.missing(prefixes[0] + anchor)

    def require(self, name: str, shape: Sequence[int]) -> Stored:
        if name not in self:
            raise self.missing(name)
        stored = self.stored[name]
        if stored.shape != tuple(shape):
            raise Error(f"expected tensor '{name}' of shape {list(shape)}, as the configuration says, got {list(stored.shape)} in {self.origin}")
        if stored.element not in FLOATS:
            raise Error(f"expected tensor '{name}' of type {', '.join(FLOATS)}, got {stored.element} in {self.origin}")
        return stored

    def missing(self, name: str) -> Error:
        like = sorted(self.stored, key=lambda other: (-_common(name, other), other))[:3]
        return Error(f"expected a tensor '{name}', got {len(self.stored)} others in {self.origin}, such as {', '.join(like) or 'none'}")


def _common(x: str, y: str) -> int:
    """Letters at the end that both have."""
    return next((i for i, (a, b) in enumerate(zip(reversed(x), reversed(y))) if a != b), min(len(x), len(y)))


def find_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """What to open of a folder: one safetensors file, or the index of shards, all of which must be there."""
    if (folder / "model.safetensors").exists():
        return [folder / "model.safetensors"]
    indices = sorted(folder.glob("*.safetensors.index.json"))
    if indices:
        check_shards(indices[0])
        return indices[:1]
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:12]) or "nothing"
        raise FileNotFoundError(f"{folder}: expected model.safetensors or model.safetensors.index.json, found {found}")
    return files


def check_shards(index: pathlib.Path) -> None:
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise Error(f"{index}: expected an object with a 'weight_map' from tensors to files, got {error!r}") from None
    absent = [str(name) for name in names if not (index.parent / str(name)).exists()]
    if absent:
        raise FileNotFoundError(f"{index}: expected {len(names)} shards beside it, missing {', '.join(absent)}")


def read_tensors(files: Sequence[pathlib.Path], origin: str) -> Tensors:
    archive = _native.Archive([str(path) for path in files])
    return Tensors({name: Stored(tuple(shape), element) for name, element, shape, _ in archive.tensors()}, origin)
