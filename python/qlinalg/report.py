"""What quantization costs: bytes and errors of weights, and of what they make of data."""

import dataclasses
import json

from . import _native
from .arrays import prepare
from .errors import Error


@dataclasses.dataclass(frozen=True)
class Report:
    """`data` is the object of `--qlinalg-report` (layers, quantized, parameters, ...); printed it is a table."""

    data: dict
    table: str

    @property
    def layers(self):
        return self.data["layers"]

    def __str__(self):
        return self.table.rstrip("\n")


@dataclasses.dataclass(frozen=True)
class Comparison(Report):
    """With `sites` (worst first: sqnr_db, cosine, relative_l2 of each matmul) and `results`; printed it is a table."""

    @property
    def sites(self):
        return self.data["sites"]

    @property
    def results(self):
        return self.data["results"]


def report(model):
    """What each weight takes, before and after, and how far its codes are from its floats in dB."""
    text, table = model._module.report()
    return Report(json.loads(text), table)


def compare(model, reference=None, data=()):
    """Runs `model` and `reference` on the same data and says how far each site is from what floats give.

    `reference` is the model before quantization; None: the floats that `model` was made of. `data`: a list of batches, each an array or the tuple of
    all arrays of one call; an array or a tuple is one batch.
    """
    if model.state == "float":
        raise Error("expected a quantized model, got one of floats")
    batches = data if isinstance(data, list) else [data]
    batches = [batch if isinstance(batch, tuple) else (batch,) for batch in batches]
    if not batches:
        raise Error("expected at least one batch of data, got none")
    if reference is None and model._float is not model._module:
        floats, parameters = model._float, model._float_parameters
    elif reference is None:
        raise Error("expected reference, the model before quantization: this one was loaded frozen")
    else:
        floats, parameters = reference._module, reference._parameters
    known = model._module.signature(model.entry)[1]
    prepared = [tuple(prepare(array, known[i][0] if i < len(known) else None) for i, array in enumerate(batch)) for batch in batches]
    text, table = _native.compare(model._module, model._parameters, floats.bytecode(), parameters, prepared, model.entry, "the floats")
    return Comparison(json.loads(text), table)
