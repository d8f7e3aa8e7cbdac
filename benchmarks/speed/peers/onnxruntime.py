"""ONNX Runtime: MatMulNBits of 4 and 8 bits, and dynamic int8 by DynamicQuantizeLinear and MatMulInteger.

One graph holds a node for each copy of the weight, each with an input of its own, so that none shares the other's
quantized activations.
"""

from functools import partial

import numpy as np

from groups import nibbles, symmetric
from problem import Contestant, Prepared

GROUP = 32


def version():
    import onnx  # noqa: F401  writes the graphs
    import onnxruntime

    return onnxruntime.__version__


def session(problem, nodes, constants, copies):
    """A Prepared of a graph with inputs x0, x1, ... and outputs y0, y1, ..."""
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    n, k = problem.shape
    graph = helper.make_graph(
        nodes, "copies",
        [helper.make_tensor_value_info(f"x{i}", TensorProto.FLOAT, ["m", k]) for i in range(copies)],
        [helper.make_tensor_value_info(f"y{i}", TensorProto.FLOAT, ["m", n]) for i in range(copies)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 9
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = problem.threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = problem.work / "model.onnx"
    onnx.save(model, path)
    compiled = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    path.unlink()
    bindings, results = {}, {}
    for m in problem.rows:
        x = ort.OrtValue.ortvalue_from_numpy(problem.inputs[m])
        results[m] = ort.OrtValue.ortvalue_from_numpy(np.zeros((m, n), np.float32))
        bindings[m] = compiled.io_binding()
        for i in range(copies):
            bindings[m].bind_ortvalue_input(f"x{i}", x)
            bindings[m].bind_ortvalue_output(f"y{i}", results[m])

    def run(m):
        compiled.run_with_iobinding(bindings[m])

    def result(m):
        run(m)
        return results[m].numpy()

    return Prepared(copies, run, result)


def prepare_nbits(bits, level, problem):
    from onnx import helper

    n, k = problem.shape
    codes, scales = symmetric(problem, bits, GROUP)
    stored = nibbles(codes) if bits == 4 else (codes.astype(np.int16) + 128).astype(np.uint8)
    copies = problem.copies(n * k * (bits + 16 / GROUP) / 8)
    constants, nodes = {}, []
    for i in range(copies):
        constants[f"w{i}"], constants[f"s{i}"] = stored, scales.reshape(-1)
        nodes.append(helper.make_node(
            "MatMulNBits", [f"x{i}", f"w{i}", f"s{i}"], [f"y{i}"], domain="com.microsoft",
            K=k, N=n, bits=bits, block_size=GROUP, accuracy_level=level))
    return session(problem, nodes, constants, copies)


def prepare_dynamic(problem):
    from onnx import TensorProto, helper

    n, k = problem.shape
    codes, scales = symmetric(problem, 8, 0)
    stored = np.ascontiguousarray(codes.reshape(n, k).T)
    copies = problem.copies(n * k)
    constants, nodes = {}, []
    for i in range(copies):
        constants[f"w{i}"], constants[f"s{i}"] = stored, scales.reshape(-1)
        nodes += [
            helper.make_node("DynamicQuantizeLinear", [f"x{i}"], [f"q{i}", f"d{i}", f"z{i}"]),
            helper.make_node("MatMulInteger", [f"q{i}", f"w{i}", f"z{i}"], [f"sum{i}"]),
            helper.make_node("Cast", [f"sum{i}"], [f"float{i}"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"d{i}", f"s{i}"], [f"scale{i}"]),
            helper.make_node("Mul", [f"float{i}", f"scale{i}"], [f"y{i}"]),
        ]
    return session(problem, nodes, constants, copies)


CONTESTANTS = [
    Contestant("ONNX Runtime MatMulNBits 4, level 4", "w4a8", partial(prepare_nbits, 4, 4), 4.5),
    Contestant("ONNX Runtime MatMulNBits 4, level 0", "w4", partial(prepare_nbits, 4, 0), 4.5),
    Contestant("ONNX Runtime MatMulNBits 8, level 4", "w8a8", partial(prepare_nbits, 8, 4), 8.5),
    Contestant("ONNX Runtime MatMulNBits 8, level 0", "w8", partial(prepare_nbits, 8, 0), 8.5),
    Contestant("ONNX Runtime MatMulInteger, dynamic", "w8a8", prepare_dynamic, 8),
]
