"""qlinalg: quantization for MLIR, in Python.

    m = qlinalg.load("model.mlir")
    qlinalg.quantize(m, weights="int8", activations="int8")
    with qlinalg.Calibration(m):
        m(batch)
    qlinalg.freeze(m)
    m.save("model.int8")

`print(m)` shows the layers, `m(x)` runs them, `m.size()` counts bytes, `qlinalg.report(m)` and `qlinalg.compare(m, data=[x])` say what it
cost. Plain arrays: `qlinalg.numerics`.
"""

from . import formats, loaders, numerics
from ._native import Statistics, set_threads, threads
from ._native import version as __version__
from . import interrupts as _interrupts
from . import mlir as _mlir
from .errors import DtypeError, Error
from .evaluate import distance, perplexity
from .generate import generate, stream
from .model import Model
from .numerics import QTensor
from .quantize import Calibration, freeze, load, quantize
from .report import Comparison, Report, compare, report
from .source import Layer, Source

qint8, qint4, qint2, qfloat8 = "qint8", "qint4", "qint2", "qfloat8"

__all__ = ["Calibration", "Comparison", "DtypeError", "Error", "Layer", "Model", "QTensor", "Report", "Source", "Statistics", "compare",
           "distance", "freeze", "generate", "load", "loaders", "numerics", "perplexity", "qfloat8", "qint2", "qint4", "qint8", "quantize",
           "report", "set_threads", "stream", "threads"]
