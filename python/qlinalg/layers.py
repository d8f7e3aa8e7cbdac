"""The layers of a model: found where a loader does not name them, and shown as a tree."""

import json

import numpy as np

from .errors import Error
from .numerics import QTensor, make_scheme, scheme_text
from .source import Layer


def short_name(weight):
    """A layer is called by its weight's name, without `.weight` at the end."""
    return weight.removesuffix(".weight")


def find_layers(module):
    """Layers of a module that nobody describes: matmuls and gathers with a weight, N and K as quantization would see them."""
    probe = module.clone()
    frozen = {entry["name"]: entry for entry in probe.layers() if entry["scheme"]}
    if not frozen:
        probe.run("builtin.module(canonicalize,cse,qlinalg-quantize{weights=int8 embeddings=int8},cse)")
    sizes = {entry["name"]: entry for entry in probe.layers()}
    names = {name for name, _, _ in module.parameters()}
    layers = []
    for entry in json.loads(probe.report()[0])["layers"]:
        size, name = sizes[entry["name"]], short_name(entry["name"])
        known = bool(size["scheme"])
        bias = f"{name}.bias" if f"{name}.bias" in names else None
        layers.append(Layer(name, "Linear" if any(entry["sites"]) else "Embedding", entry["name"], bias,
                            size["columns"] if known else None, size["rows"] if known else None))
    return layers


def other_layers(module, layers):
    """Modules that have parameters and are none of `layers`: norms, mostly."""
    def module_of(name):
        return name.rpartition(".")[0] or name

    taken = {layer.weight for layer in layers} | {layer.bias for layer in layers}
    modules = {layer.name for layer in layers}
    found = {}
    for name, _, shape in module.parameters():
        base, _, suffix = name.rpartition(".")
        # What freezing made of a weight is no module.
        if suffix in ("codes", "scales", "zero_points", "codebook") and (base in taken or module_of(base) in modules):
            continue
        if name not in taken and module_of(name) not in modules:
            found.setdefault(module_of(name), []).append((name, shape))
    return [(name, parameters) for name, parameters in found.items()]


class LayerView:
    """One layer of a model as it is now. `weight` is an f32 (or f16, ...) array before `freeze`, a QTensor [N, K] after it."""

    def __init__(self, model, layer, entry):
        self._model, self._layer, self._entry = model, layer, entry
        self.name, self.kind = layer.name, layer.kind
        self.in_features, self.out_features = layer.in_features, layer.out_features

    @property
    def scheme(self):
        """Of the weight's codes; None for floats."""
        return make_scheme(**self._entry["scheme"]) if self._entry and self._entry["scheme"] else None

    @property
    def weight(self):
        if self._entry is None or self._entry["data"] is None:
            return self._model.read(self._layer.weight)
        scheme = self.scheme
        data = self._read("data")
        if scheme is None:
            return data
        if not self._entry["in_rows"]:
            raise Error(f"layer {self.name!r}: expected codes in rows, got panels")
        shape = (self._entry["rows"], self._entry["columns"])
        packed = np.ascontiguousarray(data).view(np.uint8).reshape(shape[0], -1)
        return QTensor(scheme, shape, packed, self._read("scales"), self._read("zero_points"))

    def _read(self, part):
        held = self._entry[part]
        if held is None:
            return None
        if isinstance(held, str):
            return self._model.read(held)
        from .arrays import dtype_of
        content, element, shape = held
        if element.startswith("si"):
            element = element[1:]
        return np.frombuffer(content, dtype_of(element)).reshape(shape)

    def __repr__(self):
        scheme = self.scheme
        kind = f"Q{self.kind}" if scheme else self.kind
        if self.kind == "Embedding":
            sizes = [str(self.out_features), str(self.in_features)]
        else:
            sizes = [f"in_features={self.in_features}", f"out_features={self.out_features}", f"bias={self._layer.bias is not None}"]
        known = [size for size in sizes if "None" not in size]
        if scheme:
            known.append(f"weights={scheme_text(scheme)}")
            known += self._model.activations_of(self._layer.weight)
        return f"{kind}({', '.join(known)})"


def tree_text(title, leaves):
    """The tree of a model as PyTorch prints one: `leaves` are (path, text); equal neighbours of a list are shown once."""
    root = {}
    for path, text in leaves:
        node = root
        *parents, last = path.split(".")
        for part in parents:
            child = node.setdefault(part, {})
            # A module with parameters of its own and children.
            node = child if isinstance(child, dict) else node.__setitem__(part, {"": child}) or node[part]
        node[last] = {"": text, **node[last]} if isinstance(node.get(last), dict) else text
    return _node_text(title, root)


def _node_text(title, node):
    if isinstance(node, str):
        return node
    own = node.get("")
    lines = []
    for first, last, count, child in _runs([(name, child) for name, child in node.items() if name]):
        kind = "ModuleList" if isinstance(child, dict) and child and all(name.isdigit() for name in child if name) else "Module"
        text = _node_text(kind, child).replace("\n", "\n  ")
        label = f"({first}): " if count == 1 else f"({first}-{last}): {count} x "
        lines.append(f"  {label}{text}")
    return "\n".join([f"{own or title}(" if not own else f"{own} (", *lines, ")"])


def _runs(children):
    """(first name, last name, count, child) of neighbours with numbers for names that look the same."""
    runs = []
    for name, child in children:
        if runs and name.isdigit() and runs[-1][1].isdigit() and runs[-1][3] == child:
            runs[-1] = (runs[-1][0], name, runs[-1][2] + 1, child)
        else:
            runs.append((name, name, 1, child))
    return runs
