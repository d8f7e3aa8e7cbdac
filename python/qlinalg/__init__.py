"""qlinalg: quantization for MLIR, in Python."""

from . import loaders
from .errors import DtypeError, Error
from .source import Layer, Source

__all__ = ["DtypeError", "Error", "Layer", "Source", "loaders"]
