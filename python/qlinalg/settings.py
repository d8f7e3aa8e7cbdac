"""From Quanto's words to options of passes."""

import json
import os

from . import _native
from .errors import Error
from .numerics import storage_of

#: What a static activation is stored as, by the name that Quanto's users give.
_STATIC = {"int8": "int8", "qint8": "int8", "uint8": "uint8", "quint8": "uint8"}
#: Need what a calibration saw.
_CALIBRATED = ("smooth", "max-error")
#: Methods that read what weights are multiplied with; gptq and rounding ask for Calibration(moments="full").
_METHODS_WITH_DATA = ("weighted", "awq", "gptq", "rounding")


def text_of(value):
    """An option's value as passes spell it; quotes keep spaces of paths."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if any(c in text for c in ' {}(),"\''):
        if '"' in text:
            raise Error(f"expected an option without double quotes, got {text!r}")
        return f'"{text}"'
    return text


def pass_text(name, options):
    """`name{key=value ...}`."""
    if not options:
        return name
    return f"{name}{{{' '.join(f'{key}={text_of(value)}' for key, value in options.items())}}}"


class Settings:
    """How a model is to be quantized: the options of `--qlinalg-ptq`, and a recipe where layers are named."""

    def __init__(self, weights, activations, *, include, exclude, recipe, folder, **options):
        self.options = {key.replace("_", "-"): value for key, value in options.items() if value is not None}
        self.options["weights"] = storage_of(weights)
        if "embeddings" in self.options:
            self.options["embeddings"] = storage_of(self.options["embeddings"])
        if activations is not None:
            name = activations if isinstance(activations, str) else getattr(activations, "name", str(activations))
            if name in _STATIC:
                self.options.setdefault("activation-storage", _STATIC[name])
                name = "static"
            self.options["activations"] = name
        self._add_recipe(recipe, include, exclude, folder)

    def _add_recipe(self, recipe, include, exclude, folder):
        patterns = {key: [value] if isinstance(value, str) else list(value)
                    for key, value in (("include", include), ("exclude", exclude)) if value is not None}
        if recipe is not None and not isinstance(recipe, dict):
            if patterns:
                raise Error("expected include and exclude in the recipe itself, got both a recipe file and patterns")
            if not os.path.exists(recipe):
                raise FileNotFoundError(2, "No such file or directory", os.fspath(recipe))
            self.options["recipe"] = recipe
            return
        patterns = {**(recipe or {}), **patterns}
        if patterns:
            # JSON is YAML.
            path = os.path.join(folder, "recipe.yaml")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(patterns, file, ensure_ascii=False)
            self.options["recipe"] = path

    @property
    def needs_statistics(self):
        """Whether a calibration must come before `freeze`."""
        return (self.options.get("activations") == "static" or self.options.get("method") in _METHODS_WITH_DATA
                or any(self.options.get(key, "none") != "none" for key in _CALIBRATED))

    def quantize_pipeline(self, parameters, statistics):
        """The model with quantized layers whose weights are still floats. Without statistics activations that need them stay floats too."""
        known = _native.pass_options("qlinalg-quantize")
        options = {key: value for key, value in self.options.items() if key in known}
        if self.needs_statistics and not statistics:
            options = {key: value for key, value in options.items() if not key.startswith("activation") and key not in (*_CALIBRATED, "fallback", "method")}
        options |= _files(parameters=parameters, statistics=statistics)
        return f"builtin.module(canonicalize,cse,{pass_text('qlinalg-quantize', options)},cse)"

    def freeze_pipeline(self, parameters, statistics, output):
        """From floats to codes."""
        options = self.options | _files(parameters=parameters, statistics=statistics, output_parameters=output)
        return f"builtin.module({pass_text('qlinalg-ptq', options)})"


def _files(**paths):
    return {key.replace("_", "-"): path for key, path in paths.items() if path}
