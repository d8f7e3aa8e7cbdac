"""qlinalg quantize | calibrate | report | compare | generate | inspect | convert, on the command line.

Results go to standard output, progress and warnings to standard error. Exit code 0: done; 1: the input is wrong, one line `error: ...` says
what was expected and what was found; 2: the command line is wrong; 130: interrupted.
"""

import contextlib
import json
import os
import sys
import warnings

import click
import numpy as np

import qlinalg

from .files import must_exist
from .progress import track, working


def _say(text, *, error=False):
    click.echo(text, err=error)


@contextlib.contextmanager
def _judged():
    """Errors of the library as one line and an exit code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, *_: _say(f"warning: {message}", error=True)
            yield
    except KeyboardInterrupt:
        sys.exit(130)
    except qlinalg.Error as error:
        _say(error.lines if error.location else f"error: {error.lines}", error=True)
        sys.exit(1)
    except OSError as error:
        _say(f"error: {error.strerror or error}: {error.filename}" if error.filename else f"error: {error}", error=True)
        sys.exit(1)


class _Command(click.Command):
    def invoke(self, context):
        with _judged():
            return super().invoke(context)


@click.group(help="Quantize models: an MLIR file of any frontend, or what the loaders read.")
@click.version_option(qlinalg.__version__, message="%(version)s")
def app():
    pass


def _command(function):
    return app.command(cls=_Command)(function)


def _source(function):
    """What every command that reads a model takes."""
    for option in (
        click.argument("path", type=click.Path()),
        click.option("--parameters", multiple=True, type=click.Path(), help="safetensors files of an MLIR file (default: beside it)"),
        click.option("--names", type=click.Path(), help="file with one line an argument: names of those that are weights"),
        click.option("--entry", help="the function that is called (main, or the only one)"),
    ):
        function = option(function)
    return function


def _load(path, parameters, names, entry):
    options = {"parameters": list(parameters) or None, "names": names, "entry": entry}
    with working(f"loading {os.path.basename(path)}"):
        return qlinalg.load(path, **{key: value for key, value in options.items() if value is not None})


def _batches(model, inputs):
    """.npy files, one for each argument, once or for each of several calls."""
    count = len(model.functions[model.entry].inputs)
    if not inputs or not count or len(inputs) % count:
        raise qlinalg.Error(f"expected --input for each of the {count} arguments of {model.entry!r}, once or for each of several calls, got {len(inputs)}")
    try:
        arrays = [np.load(must_exist(path), allow_pickle=False) for path in inputs]
    except ValueError as error:
        raise qlinalg.Error(f"expected .npy files, got {error}") from error
    return [tuple(arrays[first:first + count]) for first in range(0, len(arrays), count)]


@_command
@_source
def inspect(path, parameters, names, entry):
    """Show layers, functions and bytes."""
    model = _load(path, parameters, names, entry)
    _say(str(model))
    for name, signature in model.functions.items():
        inputs, results = (", ".join(f"{element}[{'x'.join('?' if size < 0 else str(size) for size in shape)}]" for element, shape in types)
                           for types in (signature.inputs, signature.results))
        _say(f"{name}({inputs}) -> ({results})")
    for name, size in model.size().items():
        if name.count(".") < 2:
            _say(f"{size:>14,} {name or 'all parameters'}")


@_command
@_source
@click.option("-o", "--output", required=True, type=click.Path(), help="the folder to write")
@click.option("--weights", default="int8", show_default=True, help="int8 to int2 uint8 to uint2 nf4 fp4 f8E4M3FN bf16 f16 none")
@click.option("--activations", help="dynamic, dynamic-group, int8 or uint8 (static)")
@click.option("--include", multiple=True, help="pattern of layers to quantize")
@click.option("--exclude", multiple=True, help="pattern of layers that stay")
@click.option("--embeddings", help="storage of weights that are gathered from")
@click.option("--recipe", type=click.Path(), help="YAML file with settings per layer")
@click.option("--statistics", type=click.Path(), help="file of a calibration")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="any other key of --qlinalg-ptq: group=64, method=mse, smooth=auto, ...")
def quantize(path, parameters, names, entry, output, weights, activations, include, exclude, embeddings, recipe, statistics, settings):
    """Quantize, freeze and save a model."""
    model = _load(path, parameters, names, entry)
    options = dict(setting.partition("=")[::2] for setting in settings)
    with working("quantizing"):
        qlinalg.quantize(model, weights, activations, include=list(include) or None, exclude=list(exclude) or None, embeddings=embeddings,
                         recipe=recipe, statistics=statistics, **{key.replace("-", "_"): value for key, value in options.items()})
        before = model.size()[""]
        qlinalg.freeze(model)
        model.save(output)
    after = model.size()[""]
    _say(f"{output}: {after:,} bytes, {after / max(before, 1):.1%} of {before:,}")


@_command
@_source
@click.option("-o", "--output", required=True, type=click.Path(), help="statistics file, written or continued")
@click.option("--input", "inputs", multiple=True, type=click.Path(), help=".npy files, one for each argument, for each of several calls")
@click.option("--moments", type=click.Choice(["diagonal", "full"]), default="diagonal", help="full: the second moments of all pairs of channels too")
def calibrate(path, parameters, names, entry, output, inputs, moments):
    """Run data through the float model and keep what its matmuls read."""
    model = _load(path, parameters, names, entry)
    if os.path.exists(output):
        model.statistics = qlinalg.Statistics.read(output)
    batches = _batches(model, inputs)
    with working("compiling"):
        calibration = qlinalg.Calibration(model, moments=moments).__enter__()
    with contextlib.ExitStack() as stack:
        stack.push(calibration)
        for batch in track(batches, "calibrating"):
            model(*batch)
    model.statistics.write(output)
    sites = model.statistics.sites()
    _say(f"{output}: {len(sites)} sites, {max((site['rows'] for site in sites), default=0):,} rows")


@_command
@_source
@click.option("--json", "as_json", is_flag=True, help="the object of --qlinalg-report")
def report(path, parameters, names, entry, as_json):
    """What each weight takes, and how far its codes are from its floats."""
    result = qlinalg.report(_load(path, parameters, names, entry))
    _say(json.dumps(result.data) if as_json else str(result))


@_command
@_source
@click.argument("reference", type=click.Path())
@click.option("--reference-parameters", multiple=True, type=click.Path(), help="safetensors files of the reference")
@click.option("--reference-names", type=click.Path(), help="names of its arguments that are weights")
@click.option("--input", "inputs", multiple=True, type=click.Path(), help=".npy files, one for each argument, for each of several calls")
@click.option("--json", "as_json", is_flag=True, help="the object of quant-run --report-output")
def compare(path, reference, parameters, names, entry, reference_parameters, reference_names, inputs, as_json):
    """Run a quantized model beside the one before: PATH beside REFERENCE."""
    model = _load(path, parameters, names, entry)
    floats = _load(reference, reference_parameters, reference_names, entry)
    with working("comparing"):
        result = qlinalg.compare(model, floats, _batches(model, inputs))
    _say(json.dumps(result.data) if as_json else str(result))


@_command
@_source
@click.option("-o", "--output", required=True, type=click.Path(), help="the folder to write")
def convert(path, parameters, names, entry, output):
    """Read a model of any format that a loader knows, and save it as ours."""
    model = _load(path, parameters, names, entry)
    with working("writing"):
        model.save(output)
    _say(f"{output}: {model.size()['']:,} bytes in {len(model.layers)} layers with weights, {', '.join(model.functions)}")


@_command
@_source
@click.argument("prompt")
@click.option("--chat", is_flag=True, help="put the prompt through the model's chat template")
@click.option("--max-tokens", default=128, show_default=True, type=click.IntRange(1), help="new tokens at most")
@click.option("--temperature", default=0.0, show_default=True, help="0 takes the likeliest token")
@click.option("--top-k", default=0, help="only the k likeliest")
@click.option("--top-p", default=1.0, help="only the likeliest whose probabilities add to p")
@click.option("--repetition-penalty", default=1.0, help="of tokens that were there")
@click.option("--seed", default=0, show_default=True, help="the same text for the same seed")
@click.option("--stop", multiple=True, help="texts that end it")
def generate(path, parameters, names, entry, prompt, chat, **options):
    """Continue PROMPT, piece by piece as it comes."""
    model = _load(path, parameters, names, entry)
    if chat:
        from .tokenizer import chat_prompt
        prompt = chat_prompt(model, [{"role": "user", "content": prompt}])
    with working("compiling"):
        model.compile()
    for piece in qlinalg.stream(model, prompt, **options):
        click.echo(piece, nl=False)
    click.echo()


def main():
    app(prog_name="qlinalg")
