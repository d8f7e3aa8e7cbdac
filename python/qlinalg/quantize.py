"""load, quantize, Calibration, freeze: in Quanto's words."""

import os
import warnings

from . import _native, loaders
from .errors import Error
from .files import must_exist
from .model import Model
from .settings import Settings, pass_text


def load(path, **options):
    """The model at `path`: an MLIR file, a folder that `save` wrote, or what other loaders read (`qlinalg.loaders.names()`).

    `options` are the loader's. FileNotFoundError where there is nothing, Error where it is not what it should be.
    """
    path = must_exist(path)
    loader = loaders.find(path)
    if loader is None:
        raise Error(f"{path}: expected something that one of {', '.join(loaders.names())} reads, got something else")
    return Model(loader.load(path, **options))


def quantize(model, weights="int8", activations=None, *, include=None, exclude=None, embeddings=None, recipe=None, statistics=None, **options):
    """Puts quantized layers in the place of those with a weight; the weights stay floats until `freeze`.

    weights      `int8 to int2 uint8 to uint2 nf4 fp4 f8E4M3FN bf16 f16`, Quanto's names (`qint8`, ...), or None
    activations  None; `dynamic`, `dynamic-group` (int8 at run time, per token); `int8`, `uint8` (or `static`: ranges of a Calibration)
    include, exclude  patterns or lists of patterns of layers' names, `*` for anything
    embeddings   the storage of weights that are gathered from
    recipe       a dict or a YAML file with settings per layer
    statistics   a file, or what `Calibration` gave
    options      those of `--qlinalg-ptq` with `_` for `-`: group=64, granularity="channel", symmetric=, scales="f16", method="mse", smooth="auto", ...

    Called again it begins anew from the floats. A wrong value, or a pattern that no layer matches, is an Error.
    """
    if model.state == "frozen":
        raise Error("expected a model of floats, got one that is frozen: load it again")
    settings = Settings(weights, activations, include=include, exclude=exclude, recipe=recipe, folder=model.path_for(""),
                        embeddings=embeddings, **options)
    if statistics is not None:
        model.statistics = statistics if isinstance(statistics, _native.Statistics) else _native.Statistics.read(os.fspath(must_exist(statistics)))
    _apply(model, settings)


def _apply(model, settings):
    statistics = _statistics_file(model)
    module = model.derive(settings.quantize_pipeline(_parameters(model), statistics))
    model._settings = settings
    model.become("quantized", module, model._float_parameters)


def _parameters(model):
    return model._float_parameters[0] if model._float_parameters else None


def _statistics_file(model):
    if model.statistics is None:
        return None
    path = model.path_for("calibration.stats")
    model.statistics.write(path)
    return path


def freeze(model):
    """Weights become codes, scales and zero points; the floats are let go. Static activations need a Calibration before."""
    if model.state != "quantized":
        raise Error(f"expected a quantized model, got one that is {model.state}: call quantize before freeze")
    settings = model._settings
    if settings.needs_statistics and model.statistics is None:
        raise Error("expected statistics for static activations, smooth, max_error or a method that needs data, got none: run `with qlinalg.Calibration(model): model(batch)` before freeze")
    output = model.path_for("frozen.safetensors") if _parameters(model) else None
    module = model.derive(settings.freeze_pipeline(_parameters(model), _statistics_file(model), output))
    model.become("frozen", module, [output] if output else [])


class Calibration:
    """`with Calibration(model): model(batch)` runs the float program and collects what its matmuls read, in constant memory.

    `moments="full"` collects second moments of all pairs of channels too, which methods that need data read. Several calibrations add up.
    Afterwards `model.statistics` has them. One without a call is an Error; sites without values, NaN and infinities are warnings.
    """

    def __init__(self, model, moments="diagonal", **options):
        if model.state == "frozen":
            raise Error("expected a model that is not frozen, got a frozen one: calibrate before freeze")
        self.model, self.options = model, {"moments": moments} | {key.replace("_", "-"): value for key, value in options.items()}
        self.program, self.calls, self._earlier = None, 0, None

    def __enter__(self):
        if self.model.calibration is not None:
            raise Error("expected a model outside of a calibration, got one inside")
        observed = self.model.derive(f"builtin.module({pass_text('qlinalg-insert-observers', self.options)})")
        self.program = _native.Program.compile(observed, self.model._float_parameters, observers=True)
        self.calls, self.model.calibration = 0, self
        return self

    def __exit__(self, kind, value, traceback):
        self.model.calibration = None
        if kind is not None:
            return
        if not self.calls:
            raise Error("expected at least one call of the model inside Calibration, got none")
        seen = self.program.statistics()
        warn_of(seen)
        if self.model.statistics is not None:
            seen.merge(self.model.statistics)
        self.model.statistics = seen
        self.program = None
        if self.model.state == "quantized":
            _apply(self.model, self.model._settings)


def warn_of(statistics):
    """Warnings for sites without values, and with values that are not finite."""
    sites = statistics.sites()
    never = [site["name"] for site in sites if not site["count"]]
    if never:
        warnings.warn(f"{len(never)} of {len(sites)} sites saw no values: {', '.join(never[:5])}{' ...' if len(never) > 5 else ''}", stacklevel=3)
    for site in sites:
        if site["nans"] or site["infinities"]:
            warnings.warn(f"site {site['name']!r}: left out {site['nans']} NaN and {site['infinities']} infinite of {site['count']} values",
                          stacklevel=3)
