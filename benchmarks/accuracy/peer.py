"""ONNX Runtime's own quantization of a graph: the model in ONNX, calibrated and quantized by its tools, as a function."""

import contextlib
import io
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)

from graph import Graph

VERSIONS = {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
TYPES = {np.float32: TensorProto.FLOAT, np.int64: TensorProto.INT64}
OPSET = 18
# How its tool prepares a model, by the methods' names in the table.
METHODS = {
    "minmax": (CalibrationMethod.MinMax, {}),
    "entropy": (CalibrationMethod.Entropy, {}),
    "percentile 99.999": (CalibrationMethod.Percentile, {}),
    "percentile 99.9": (CalibrationMethod.Percentile, {"CalibPercentile": 99.9}),
}
ACTIVATIONS = {"int8": (QuantType.QInt8, True), "uint8": (QuantType.QUInt8, False)}


@dataclass(frozen=True)
class Way:
    """A way to quantize. `outputs`: results of Linears are quantized too, which is the tool's default."""

    method: str
    storage: str = "float"
    outputs: bool = False

    @property
    def title(self) -> str:
        return self.method + (", results too" if self.outputs else "")


WAYS = [Way("float"), Way("dynamic", "uint8"), *(Way(method, storage) for storage in ACTIVATIONS for method in METHODS),
        Way("minmax", "uint8", True)]


def model_of(graph: Graph) -> onnx.ModelProto:
    """Each Linear reads a copy of its own: the tool gives quantized values to all readers of a value, residuals among them."""
    nodes = []
    for node in graph.nodes:
        inputs = list(node.inputs)
        if node.name in graph.linears:
            nodes.append(helper.make_node("Identity", inputs[:1], [f"{node.name}.input"], name=f"{node.name}.input"))
            inputs[0] = f"{node.name}.input"
        nodes.append(helper.make_node(node.op, inputs, [node.name], name=node.name, **node.attributes))
    inputs = [helper.make_tensor_value_info(graph.input, TYPES[graph.dtype], graph.shape)]
    outputs = [helper.make_tensor_value_info(graph.output, TensorProto.FLOAT, [None] * 3)]
    constants = [numpy_helper.from_array(array, name) for name, array in graph.constants.items()]
    made = helper.make_graph(nodes, "main", inputs, outputs, constants)
    # The oldest that has this opset.
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


class Batches(CalibrationDataReader):
    def __init__(self, name: str, batches: np.ndarray):
        self.items = ({name: batch} for batch in batches)

    def get_next(self):
        return next(self.items, None)


class Peer:
    """`threads`: of each call; results do not depend on them."""

    def __init__(self, graph: Graph, batches: np.ndarray, work: Path, threads: int = 1):
        self.graph, self.batches, self.work = graph, batches, work
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = threads
        self.options.log_severity_level = 3
        work.mkdir(parents=True, exist_ok=True)
        self.float = work / "float.onnx"
        onnx.save(model_of(graph), self.float)

    def prepare(self, way: Way):
        """A function from an input to the output."""
        path = self.float if way.method == "float" else self.quantize(way)
        session = onnxruntime.InferenceSession(path, self.options, providers=["CPUExecutionProvider"])
        return lambda array: session.run(None, {self.graph.input: array})[0]

    def quantize(self, way: Way) -> Path:
        path = self.work / f"{way.method.replace(' ', '_')}_{way.storage}{'_results' * way.outputs}.onnx"
        same = dict(op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8,
                    nodes_to_quantize=self.graph.linears)
        # Its progress, and advice on convolutions.
        logging.disable(logging.WARNING)
        with contextlib.redirect_stdout(io.StringIO()):
            if way.method == "dynamic":
                quantize_dynamic(self.float, path, **same)
            else:
                self.quantize_static(way, path, same)
        logging.disable(logging.NOTSET)
        return path

    def quantize_static(self, way: Way, path: Path, same: dict) -> None:
        method, options = METHODS[way.method]
        storage, symmetric = ACTIVATIONS[way.storage]
        excluded = [] if way.outputs else ["MatMul"]
        cache = self.work / f"{way.method.replace(' ', '_')}.json"
        quantize_static(self.float, path, Batches(self.graph.input, self.batches), quant_format=QuantFormat.QDQ,
                        activation_type=storage, calibrate_method=method, calibration_cache_path=cache,
                        extra_options={"ActivationSymmetric": symmetric,
                                       "OpTypesToExcludeOutputQuantization": excluded, **options}, **same)

