"""What config.json says, asked for by name and checked."""

import json
import math
import pathlib
from collections.abc import Mapping

from ..errors import Error

MISSING = object()


class Config:
    """`origin` is named in errors."""

    def __init__(self, values: Mapping[str, object], origin: str):
        self.values = dict(values)
        self.origin = origin

    def _get(self, name: str, kinds: type | tuple[type, ...], what: str, default: object):
        value = self.values.get(name)
        if value is None and default is not MISSING:
            return default
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            found = "nothing" if value is None else repr(value)[:80]
            raise Error(f"{self.origin}: expected '{name}' to be {what}, got {found}")
        return value

    def size(self, name: str, default: object = MISSING) -> int:
        """A positive whole number, small enough that products of three of them are still sizes."""
        value = self._get(name, int, "a positive whole number", default)
        if value is not None and not 0 < value < 1 << 31:
            raise Error(f"{self.origin}: expected '{name}' to be a positive whole number below 2^31, got {value}")
        return value

    def number(self, name: str, default: object = MISSING) -> float:
        value = self._get(name, (int, float), "a number", default)
        if value is not None and not math.isfinite(value):
            raise Error(f"{self.origin}: expected '{name}' to be a finite number, got {value}")
        return value if value is None else float(value)

    def flag(self, name: str, default: bool) -> bool:
        return self._get(name, bool, "true or false", default)

    def text(self, name: str, default: object = MISSING) -> str:
        return self._get(name, str, "a string", default)

    def part(self, name: str) -> "Config | None":
        """An object inside."""
        values = self._get(name, dict, "an object", None)
        return None if values is None else Config(values, f"{self.origin}, '{name}'")

    def names(self, name: str) -> list[str] | None:
        values = self._get(name, list, "a list of strings", None)
        if values is not None and not all(isinstance(value, str) for value in values):
            raise Error(f"{self.origin}: expected '{name}' to be a list of strings, got {str(values)[:80]}")
        return values

    def numbers(self, name: str, count: int) -> list[float]:
        """So many positive numbers."""
        values = self._get(name, list, f"a list of {count} positive numbers", MISSING)
        if len(values) != count or not all(isinstance(value, (int, float)) and 0 < value < math.inf for value in values):
            raise Error(f"{self.origin}: expected '{name}' to be a list of {count} positive numbers, got {str(values)[:80]}")
        return values

    def divide(self, whole: str, parts: str) -> int:
        """`whole` / `parts`, which must be whole."""
        quotient, rest = divmod(self.size(whole), self.size(parts))
        if rest:
            raise Error(f"{self.origin}: expected '{whole}' to be a multiple of '{parts}', got {self.size(whole)} and {self.size(parts)}")
        return quotient


def read_config(path: pathlib.Path) -> Config:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Error(f"{path}: expected JSON, got {error}") from None
    if not isinstance(values, dict):
        raise Error(f"{path}: expected an object, got {type(values).__name__}")
    return Config(values, str(path))
