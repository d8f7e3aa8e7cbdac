"""The programs of models/ and examples/tinylm as test cases: inputs, parameter names, expected counts."""

import functools
import pathlib

import numpy as np
import safetensors_io
from program import ProgramText
from tools import HERE, REPOSITORY
from upstream import Program, signature, tensor

TINYLM = REPOSITORY / "examples" / "tinylm"

# Weight contractions of each program, by prefix of its name, longest first: what the architecture says. A fused
# QKV, the output projection and two MLP layers (GPT-NeoX); Q, K, V, output, gate, up, down (Llama); Q, K, V and
# three dense layers (BERT); a language model has two blocks and the head (tinylm: four blocks).
WEIGHTS = {"linear": 1, "mlp": 3, "onnx_mlp": 3, "turbine_mlp": 3, "jax_mlp": 2, "jax_transposed": 1,
           "gptneox_block": 4, "gptneox_lm": 2 * 4 + 1, "llama_block": 7, "llama_lm": 2 * 7 + 1,
           "decode_step": 2 * 7 + 1, "bert_layer": 6, "tinylm": 4 * 4 + 1}
# Products of two activations (scores, scores times values): two for each attention layer.
ACTIVATIONS = {"gptneox_block": 2, "gptneox_lm": 4, "llama_block": 2, "llama_lm": 4, "decode_step": 4,
               "bert_layer": 2, "tinylm": 8}
# JAX passes parameters as arguments and keeps no names of them.
JAX_NAMES = {"jax_mlp": ["w1", "b1", "w2", "b2", ""], "jax_transposed": ["w", ""]}
SAFETENSORS = {"f64": "F64", "f32": "F32", "f16": "F16", "bf16": "BF16", "i64": "I64", "i32": "I32", "i8": "I8"}


def by_prefix(table, name, default=0):
    return next((table[p] for p in sorted(table, key=len, reverse=True) if name.startswith(p)), default)


class Case:
    """One program. `names[i]` is the parameter that argument i is, "" for an input."""

    def __init__(self, options, path):
        self.options, self.path, self.name = options, path, path.stem
        self.npz = np.load(TINYLM / "tinylm.npz" if self.name.startswith("tinylm") else path.with_suffix(".npz"))
        self.types = [tensor(t) for t in signature(path.read_text())[0]]
        none = [""] * len(self.types)
        names = self.npz["names"].tolist() if "names" in self.npz else by_prefix(JAX_NAMES, self.name, none)
        self.names = names
        self.expected = [self.npz[f"out{i}"] for i in range(sum(k.startswith("out") for k in self.npz))]
        self.file = TINYLM / "model.safetensors" if self.name.startswith("tinylm") else None

    @property
    def weights(self):
        return by_prefix(WEIGHTS, self.name)

    @property
    def activations(self):
        return by_prefix(ACTIVATIONS, self.name)

    @property
    def bound(self):
        """Whether some arguments are parameters."""
        return any(self.names)

    @functools.cached_property
    def arguments(self):
        held = safetensors_io.read(self.file)[0] if self.file else {}
        return [held[n][1] if n in held else self.npz[f"in{i}"] for i, n in enumerate(self.names)]

    @property
    def inputs(self):
        return [a for a, n in zip(self.arguments, self.names) if not n]

    @functools.cached_property
    def program(self):
        return ProgramText(self.options, self.path, [i for i, n in enumerate(self.names) if n])

    @functools.cached_property
    def upstream(self):
        return Program(self.options, self.program.with_weight_arguments())

    def root_value(self, use):
        """(the array that a weight's root holds, its element type)."""
        element = self.program.type_of(use.root)[1]
        if use.root in self.program.parameters:
            return self.arguments[self.program.parameters[use.root]], element
        return self.program.constant(use.root), element

    def root_name(self, use):
        return self.names[self.program.parameters[use.root]]

    def write_parameters(self, path):
        """The safetensors file of the case's parameters."""
        if self.file:
            return self.file
        safetensors_io.write(path, {n: (SAFETENSORS[t[1]], a) for n, t, a in
                                    zip(self.names, self.types, self.arguments) if n})
        return path

    def cut(self, outputs):
        """The part of the results that the frontend's results cover: tinylm has the last position only."""
        return [o[:, -e.shape[1] :] if o.shape != e.shape and o.ndim == 3 else o
                for o, e in zip(outputs, self.expected, strict=True)]


def all_cases(options):
    paths = sorted((HERE / "models").glob("*.mlir")) + sorted(TINYLM.glob("*.mlir"))
    return [Case(options, pathlib.Path(p)) for p in paths]
