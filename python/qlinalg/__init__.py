"""qlinalg: quantization for MLIR, in Python."""

from .source import Layer, Source

__all__ = ["Layer", "Source"]
