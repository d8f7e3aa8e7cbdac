"""ggml, through the shared libraries of llama-cpp-python: q4_0, q4_K and q8_0, repacked where ggml can.

One graph multiplies the activations with each copy of the weight; the buffer type decides the layout.
"""

import ctypes
from functools import partial
from pathlib import Path

import numpy as np

from problem import Contestant, Prepared

TYPES = {"f32": 0, "q4_0": 2, "q8_0": 8, "q4_K": 12}
OVERHEAD = 1024  # bytes of a tensor's description, and of its place in a graph, at most


class InitParameters(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool)]


def folder():
    import importlib.util

    spec = importlib.util.find_spec("llama_cpp")
    if spec is None:
        raise ImportError("No module named 'llama_cpp'")
    return Path(spec.origin).parent


def version():
    from importlib.metadata import version as installed

    library()
    return f"llama-cpp-python {installed('llama-cpp-python')}"


class Library:
    """Functions of all of ggml's libraries, each with pointers as results unless said otherwise."""

    RESULTS = {"ggml_quantize_chunk": ctypes.c_size_t, "ggml_backend_graph_compute": ctypes.c_int,
               "ggml_row_size": ctypes.c_size_t, "ggml_backend_supports_op": ctypes.c_bool}

    def __init__(self):
        found = folder() / "lib"
        self.parts = [ctypes.CDLL(str(next(found.glob(f"lib{part}.so*"))), ctypes.RTLD_GLOBAL)
                      for part in ("ggml-base", "ggml-cpu", "ggml")]
        self.silence = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *message: None)
        self.ggml_log_set(self.silence, None)

    def __getattr__(self, name):
        for part in self.parts:
            if hasattr(part, name):
                function = getattr(part, name)
                function.restype = self.RESULTS.get(name, ctypes.c_void_p)
                setattr(self, name, function)
                return function
        raise AttributeError(f"ggml has no function {name}")


loaded = []


def library():
    if not loaded:
        loaded.append(Library())
    return loaded[0]


def pointer(value):
    return ctypes.c_void_p(value)


def wide(*values):
    return [ctypes.c_int64(value) for value in values]


def buffer_types(ggml, backend):
    """Those of repacked weights that this processor has, then the plain one."""
    plain = ggml.ggml_backend_get_default_buffer_type(backend)
    device = pointer(ggml.ggml_backend_get_device(backend))
    registry = pointer(ggml.ggml_backend_dev_backend_reg(device))
    address = ggml.ggml_backend_reg_get_proc_address(registry, b"ggml_backend_dev_get_extra_bufts")
    if not address:
        return [plain]
    extra = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(address)(device)
    types = []
    while extra and extra[len(types)]:
        types.append(extra[len(types)])
    return [*types, plain]


class Memory:
    """What one contestant holds, freed when its problem is closed."""

    def __init__(self, ggml, problem):
        self.ggml = ggml
        self.backend = pointer(ggml.ggml_backend_cpu_init())
        self.buffers, self.contexts = [], []
        problem.closers.append(self.close)

    def context(self, tensors):
        self.contexts.append(pointer(self.ggml.ggml_init(InitParameters(tensors * OVERHEAD, None, True))))
        return self.contexts[-1]

    def allocate(self, context, buffer_type):
        self.buffers.append(pointer(self.ggml.ggml_backend_alloc_ctx_tensors_from_buft(context, buffer_type)))
        return self.buffers[-1]

    def close(self):
        for buffer in self.buffers:
            self.ggml.ggml_backend_buffer_free(buffer)
        for context in self.contexts:
            self.ggml.ggml_free(context)
        self.ggml.ggml_backend_free(self.backend)


def quantized(ggml, problem, kind):
    n, k = problem.shape

    def make():
        data = np.empty(n * ggml.ggml_row_size(TYPES[kind], *wide(k)), np.uint8)
        ggml.ggml_quantize_chunk(TYPES[kind], pointer(problem.weight.ctypes.data), pointer(data.ctypes.data),
                                 *wide(0, n, k), None)
        return data

    return problem.once(("ggml", kind), make)


def place_weights(ggml, memory, problem, kind, copies):
    """Tensors [N, K] in the first type of buffer that multiplies them."""
    n, k = problem.shape
    for buffer_type in map(pointer, buffer_types(ggml, memory.backend)):
        context = memory.context(copies + 4)
        weights = [pointer(ggml.ggml_new_tensor_2d(context, TYPES[kind], *wide(k, n))) for _ in range(copies)]
        memory.allocate(context, buffer_type)
        x = pointer(ggml.ggml_new_tensor_2d(context, TYPES["f32"], *wide(k, 1)))
        if ggml.ggml_backend_supports_op(memory.backend, pointer(ggml.ggml_mul_mat(context, weights[0], x))):
            return weights
        ggml.ggml_backend_buffer_free(memory.buffers.pop())
    raise ValueError(f"no buffer takes {kind}")


def fill(ggml, tensor, values):
    ggml.ggml_backend_tensor_set(tensor, pointer(values.ctypes.data), ctypes.c_size_t(0), ctypes.c_size_t(values.nbytes))


def prepare(kind, bits, problem):
    ggml = library()
    n, k = problem.shape
    block = 256 if kind == "q4_K" else 32
    if k % block:
        raise ValueError(f"K = {k} is no multiple of {block}")
    memory = Memory(ggml, problem)
    ggml.ggml_backend_cpu_set_n_threads(memory.backend, problem.threads)
    copies = problem.copies(n * k * bits / 8)
    weights = place_weights(ggml, memory, problem, kind, copies)
    for weight in weights:
        fill(ggml, weight, quantized(ggml, problem, kind))

    plain = pointer(ggml.ggml_backend_get_default_buffer_type(memory.backend))
    graphs, results = {}, {}
    for m in problem.rows:
        context = memory.context(2 * copies + 16)
        x = pointer(ggml.ggml_new_tensor_2d(context, TYPES["f32"], *wide(k, m)))
        products = [pointer(ggml.ggml_mul_mat(context, weight, x)) for weight in weights]
        graphs[m] = pointer(ggml.ggml_new_graph_custom(context, ctypes.c_size_t(2 * copies + 16), False))
        for product in products:
            ggml.ggml_build_forward_expand(graphs[m], product)
        memory.allocate(context, plain)
        fill(ggml, x, problem.inputs[m])
        results[m] = products[0]

    def run(m):
        if status := ggml.ggml_backend_graph_compute(memory.backend, graphs[m]):
            raise RuntimeError(f"ggml_backend_graph_compute gave {status}")

    def result(m):
        run(m)
        y = np.empty((m, n), np.float32)
        ggml.ggml_backend_tensor_get(results[m], pointer(y.ctypes.data), ctypes.c_size_t(0), ctypes.c_size_t(y.nbytes))
        return y

    return Prepared(copies, run, result)


CONTESTANTS = [
    Contestant("ggml q4_0", "w4a8", partial(prepare, "q4_0", 4.5), 4.5),
    Contestant("ggml q4_K", "w4a8", partial(prepare, "q4_K", 4.5), 4.5),
    Contestant("ggml q8_0", "w8a8", partial(prepare, "q8_0", 8.5), 8.5),
]
