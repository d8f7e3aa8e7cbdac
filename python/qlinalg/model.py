"""A model that is quantized, calibrated, frozen, run and saved."""

import dataclasses
import json
import os
import pathlib
import shutil
import tempfile
import weakref

from . import _native
from .arrays import prepare, restore
from .errors import Error
from .files import must_exist, new_folder, write_tensors
from .layers import LayerView, find_layers, other_layers, short_name, tree_text
from .source import Layer, Source

MARKER = "model.json"


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a function takes and gives: (element type, shape) each, -1 for sizes of run time."""

    inputs: list
    results: list


class Model:
    """A program with its parameters. `state` is `float`, then `quantized` (weights are still floats), then `frozen` (they are codes).

    `print(model)` shows its layers, `model(x)` runs it, `model["layer"].weight` is an array of floats or a QTensor.
    """

    def __init__(self, source: Source):
        self.source = source
        self._work = tempfile.mkdtemp(prefix="qlinalg.")
        self._remove = weakref.finalize(self, shutil.rmtree, self._work, ignore_errors=True)
        self._float = self._module = _read_module(source.module)
        self._float_parameters = self._parameters = self._find_parameters(source.parameters)
        self._archive = self._open()
        self.entry = self._float.signature(source.entry or "")[0]
        self._layers = list(source.layers) or find_layers(self._float)
        self._settings = self.statistics = self._program = self._reported = self.calibration = None
        self.remarks: list[str] = []
        entries = self._float.layers()
        self.state = "frozen" if any(entry["scheme"] for entry in entries) else "float"

    # What it holds

    def _find_parameters(self, parameters):
        if hasattr(parameters, "items"):
            if not parameters:
                return []
            path = os.path.join(self._work, "float.safetensors")
            write_tensors(path, parameters)
            return [path]
        paths = [os.path.abspath(must_exist(path)) for path in parameters]
        return paths if len(paths) <= 1 else [self._index(paths)]

    def _index(self, paths):
        """One index of several files, since passes read one path."""
        weights = {}
        for number, path in enumerate(paths):
            os.symlink(path, os.path.join(self._work, f"shard{number}.safetensors"))
            weights |= {name: f"shard{number}.safetensors" for name, *_ in _native.Archive([path]).tensors()}
        index = os.path.join(self._work, "float.safetensors.index.json")
        with open(index, "w", encoding="utf-8") as file:
            json.dump({"weight_map": weights}, file)
        return [index]

    def _open(self):
        """The files, or None without one. Checks that there is a tensor for each parameter of the module."""
        archive = _native.Archive(self._parameters) if self._parameters else None
        held = {name: (element, shape) for name, element, shape, _ in archive.tensors()} if archive else {}
        for name, element, shape in self._module.parameters():
            if name not in held:
                raise Error(f"expected a parameter {name!r} of {element}{list(shape)} in {', '.join(self._parameters) or 'a file of parameters'}, "
                            "got none: give parameters=")
            if held[name][1] != shape:
                raise Error(f"expected parameter {name!r} of {element}{list(shape)}, got {held[name][0]}{list(held[name][1])}")
        return archive

    def read(self, name):
        """A tensor outside of the module, by its full name: mapped, not to be written to."""
        if self._archive is None:
            raise KeyError(f"expected the name of a tensor outside of the module, got {name!r}")
        return restore(*self._archive.tensor(name))

    @property
    def functions(self):
        """{name: Signature} of all public functions."""
        return {name: Signature(*self._module.signature(name)[1:]) for name in self._module.functions()}

    def _entries(self):
        return {entry["name"]: entry for entry in self._module.layers()}

    @property
    def layers(self):
        """A LayerView for each layer with a weight, in the order of the program."""
        entries = self._entries()
        return [LayerView(self, layer, entries.get(layer.weight)) for layer in self._layers]

    def __getitem__(self, name):
        """The layer of that name; `.weight` at the end may stand or not."""
        for layer in self.layers:
            if short_name(name) in (layer.name, short_name(layer._layer.weight)):
                return layer
        raise KeyError(f"expected the name of a layer, got {name!r}")

    def activations_of(self, weight):
        """What `print` says of the codes that a weight is multiplied with."""
        text = {entry["name"]: entry["activations"] for entry in self._report()["layers"]}.get(weight)
        waiting = self.state == "quantized" and self._settings.options.get("activations") == "static" and self.statistics is None
        return [f"activations={text.replace(',', '')}"] if text else ["activations=not calibrated"] if waiting else []

    def _report(self):
        if self._reported is None:
            self._reported = json.loads(self._module.report()[0])
        return self._reported

    def __repr__(self):
        leaves = [(layer.name, repr(layer)) for layer in self.layers]
        for name, parameters in other_layers(self._module, self._layers):
            kind = "LayerNorm" if "norm" in name.lower() or ".ln" in name.lower() else "Parameter"
            leaves.append((name, f"{kind}({', '.join('x'.join(map(str, shape)) for _, shape in parameters[:1])})"))
        architectures = self.source.config.get("architectures") or [self.source.config.get("architecture") or "Model"]
        return tree_text(architectures[0], leaves)

    def size(self):
        """Bytes by module, as stored: "" is everything, then each module with all that is in it, as `compute_module_sizes` gives them."""
        # A module's constants have no names of parameters: layers have those of their weights.
        used = {name for name, _, _ in self._module.parameters()}
        if used:
            held = {name: size for name, _, _, size in self._archive.tensors() if name in used}
        else:
            report = self._report()
            held = {layer["name"]: layer["bytes_after"] if layer["frozen"] else layer["bytes_before"] for layer in report["layers"]}
            others = report["parameters"]["bytes_before"] - sum(layer["bytes_before"] or 0 for layer in report["layers"])
            held |= {"(others)": others} if others > 0 else {}
        sizes = {"": sum(held.values())}
        for name, size in held.items():
            parts = name.split(".")
            for count in range(1, len(parts) + 1):
                path = ".".join(parts[:count])
                sizes[path] = sizes.get(path, 0) + size
        return sizes

    # What it does

    def compile(self, threads=None):
        """Compiles all public functions, once; `threads` is for calls of this thread from now on (default: all cores)."""
        if threads is not None:
            _native.set_threads(threads)
        if self._program is None:
            self._program = _native.Program.compile(self._module, self._parameters)
        return self

    def __call__(self, *arrays):
        """Calls `entry`: arrays by DLPack or the buffer protocol; one NumPy array, or a tuple of several."""
        return self.call(self.entry, *arrays)

    def call(self, function, *arrays):
        """The same for another public function. Wrong types are a TypeError, wrong shapes, strides or devices a ValueError."""
        if self.calibration is not None:
            program = self.calibration.program
        else:
            program = self.compile()._program
        known = self._module.signature(function)[1]
        given = [prepare(array, known[i][0] if i < len(known) else None) for i, array in enumerate(arrays)]
        results = tuple(restore(array, element) for array, element in program.call(function, *given))
        if self.calibration is not None:
            self.calibration.calls += 1
        return results[0] if len(results) == 1 else results

    def benchmark(self, *arrays, calls=10, function=None):
        """Times of `calls` calls after a first one: median_ns, min_ns, p90_ns."""
        function = function or self.entry
        known = self._module.signature(function)[1]
        given = [prepare(array, known[i][0] if i < len(known) else None) for i, array in enumerate(arrays)]
        return self.compile()._program.benchmark(function, *given, calls=calls)

    # How it changes: quantize.py

    def derive(self, pipeline):
        """A copy of the float module after `pipeline`; its remarks are `remarks`."""
        module = self._float.clone()
        self.remarks = module.run(pipeline)
        return module

    def become(self, state, module, parameters):
        """Takes `module` for the program."""
        self._module, self._parameters, self.state = module, parameters, state
        self._program = self._reported = None
        self._archive = self._open()

    def path_for(self, name):
        """A file of the model's own, gone with it."""
        return os.path.join(self._work, name)

    # On disk

    def save(self, path):
        """A folder that `qlinalg.load` reads: module, parameters, layers, and the source's files. Whole or not at all."""
        if self.state == "quantized":
            raise Error("expected a float or a frozen model, got one whose weights have no codes yet: call freeze before save")
        with new_folder(path, MARKER) as folder:
            module = "model.mlir" if self._module.parameters() else "model.mlirbc"
            self._module.write(os.fspath(folder / module), bytecode=module.endswith("bc"))
            used = {name for name, _, _ in self._module.parameters()}
            if used:
                _write_subset(folder / "model.safetensors", self._archive, used)
            for file in self.source.files:
                shutil.copy(file, folder)
            about = {"format": "qlinalg.model", "version": 1, "module": module, "entry": self.entry,
                     "parameters": ["model.safetensors"] if used else [], "layers": [dataclasses.asdict(layer) for layer in self._layers],
                     "config": dict(self.source.config), "files": [os.path.basename(file) for file in self.source.files]}
            (folder / MARKER).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _write_subset(path, archive, names):
    writer = _native.ArchiveWriter(os.fspath(path))
    for key, value in archive.metadata().items():
        writer.set_metadata(key, value)
    for name, element, _, _ in archive.tensors():
        if name in names:
            writer.add(name, archive.tensor(name)[0], element)
    writer.commit()


def _read_module(module):
    if isinstance(module, _native.Module):
        return module
    if isinstance(module, str) and "\n" in module:
        return _native.Module.parse(module)
    return _native.Module.load(os.fspath(must_exist(module)))


def load_folder(path):
    """The Source of what `Model.save` wrote."""
    folder = pathlib.Path(path)
    about = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    if about.get("format") != "qlinalg.model" or about.get("version") != 1:
        raise Error(f"{folder / MARKER}: expected format qlinalg.model of version 1, got {about.get('format')!r} of {about.get('version')!r}")
    return Source(folder / about["module"], [folder / name for name in about["parameters"]], [Layer(**layer) for layer in about["layers"]],
                  about["entry"], about["config"], [folder / name for name in about["files"]])
