"""OpenVINO: weights compressed to u4 (with and without dynamic quantization of activations) and i8."""

from functools import partial

import numpy as np

from groups import nibbles, symmetric
from problem import Contestant, Prepared

GROUP = 32


def version():
    import openvino

    return openvino.__version__.split("-")[0]


def weight_u4(problem):
    """A constant [N, K] in groups, as the compression tools of OpenVINO write it."""
    import openvino as ov
    from openvino import opset13 as ops

    n, k = problem.shape
    codes, scales = symmetric(problem, 4, GROUP)
    packed = ov.Tensor(nibbles(codes).reshape(-1), ov.Shape([n, k // GROUP, GROUP]), ov.Type.u4)
    zero = ov.Tensor(np.array([0x88], np.uint8), ov.Shape([1, 1, 1]), ov.Type.u4)
    value = ops.convert(ops.constant(packed, shared_memory=False), np.float16)
    value = ops.subtract(value, ops.convert(ops.constant(zero, shared_memory=False), np.float16))
    value = ops.multiply(value, ops.constant(scales.astype(np.float16)[:, :, None]))
    return ops.convert(ops.reshape(value, [n, k], False), np.float32)


def weight_i8(problem):
    from openvino import opset13 as ops

    n, k = problem.shape
    codes, scales = symmetric(problem, 8, 0)
    return ops.multiply(ops.convert(ops.constant(codes.reshape(n, k)), np.float32), ops.constant(scales))


def quantize_statically(problem, x):
    from openvino import opset13 as ops

    top = np.float32(max(np.abs(values).max() for values in problem.inputs.values()))
    ends = [ops.constant(value) for value in (-top, top * np.float32(127 / 128)) * 2]
    return ops.fake_quantize(x, *ends, 256)


def prepare(weight, bits, group, static, problem):
    import openvino as ov
    from openvino import opset13 as ops

    n, k = problem.shape
    copies = problem.copies(n * k * bits / 8)
    options = {"INFERENCE_NUM_THREADS": problem.threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
               "PERFORMANCE_HINT": "LATENCY", "DYNAMIC_QUANTIZATION_GROUP_SIZE": group}
    requests, results = {}, {}
    weights = [weight(problem) for _ in range(copies)]
    for m in problem.rows:
        inputs = [ops.parameter([m, k], np.float32) for _ in range(copies)]
        outputs = [ops.matmul(quantize_statically(problem, x) if static else x, w, False, True)
                   for x, w in zip(inputs, weights)]
        request = ov.Core().compile_model(ov.Model(outputs, inputs), "CPU", options).create_infer_request()
        x = ov.Tensor(problem.inputs[m], shared_memory=True)
        for i in range(copies):
            request.set_input_tensor(i, x)
        requests[m], results[m] = request, request.get_output_tensor(0)

    def result(m):
        requests[m].infer()
        return results[m].data

    return Prepared(copies, lambda m: requests[m].infer(), result)


CONTESTANTS = [
    Contestant("OpenVINO u4, dynamic quantization", "w4a8", partial(prepare, weight_u4, 4.5, GROUP, False), 4.5),
    Contestant("OpenVINO u4", "w4", partial(prepare, weight_u4, 4.5, 0, False), 4.5),
    Contestant("OpenVINO i8, dynamic quantization", "w8a8", partial(prepare, weight_i8, 8, GROUP, False), 8),
    Contestant("OpenVINO i8, static activations", "w8a8", partial(prepare, weight_i8, 8, 0, True), 8),
]
