"""torch: f32, bf16, and dynamic int8 (packed for its fastest engine)."""

import warnings

import numpy as np

from groups import symmetric
from problem import Contestant, Prepared


def version():
    import torch

    return torch.__version__


def loop(problem, size, make, multiply):
    """A Prepared that calls multiply(x, weight) for each copy that `make` gives."""
    import torch

    torch.set_num_threads(problem.threads)
    weights = [make() for _ in range(problem.copies(size))]
    inputs = {m: torch.from_numpy(x) for m, x in problem.inputs.items()}

    def run(m):
        x = inputs[m]
        with torch.inference_mode():
            for weight in weights:
                multiply(x, weight)

    def result(m):
        with torch.inference_mode():
            return multiply(inputs[m], weights[0]).float().numpy()

    return Prepared(len(weights), run, result)


def prepare_f32(problem):
    import torch

    weight = torch.from_numpy(problem.weight)
    return loop(problem, problem.weight.nbytes, weight.clone, torch.nn.functional.linear)


def prepare_bf16(problem):
    import torch

    weight = torch.from_numpy(problem.weight).bfloat16()
    return loop(problem, problem.weight.nbytes / 2, weight.clone,
                lambda x, w: torch.nn.functional.linear(x.bfloat16(), w))


def prepare_int8(problem):
    import torch

    engines = torch.backends.quantized.supported_engines
    torch.backends.quantized.engine = next(e for e in ("x86", "onednn", "fbgemm", "qnnpack") if e in engines)
    n, k = problem.shape
    codes, scales = symmetric(problem, 8, 0)
    warnings.simplefilter("ignore")  # that quantized tensors are deprecated
    weight = torch._make_per_channel_quantized_tensor(
        torch.from_numpy(codes.reshape(n, k)), torch.from_numpy(scales.reshape(-1).astype(np.float64)),
        torch.zeros(n, dtype=torch.int64), 0)
    return loop(problem, n * k, lambda: torch.ops.quantized.linear_prepack(weight, None),
                torch.ops.quantized.linear_dynamic)


CONTESTANTS = [
    Contestant("torch f32", "f32", prepare_f32, 32),
    Contestant("torch bf16", "bf16", prepare_bf16, 16),
    Contestant("torch dynamic int8", "w8a8", prepare_int8, 8),
]
