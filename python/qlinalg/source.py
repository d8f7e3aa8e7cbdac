"""What a loader gives to `qlinalg.Model`: a program, its parameters, and what its layers are called.

The seam between formats and the model. A loader (`loaders.register`) reads one format and returns a `Source`:

    module      MLIR text (a str with a line break), or the path of a file of text or bytecode. Weights are `ml_program.global
                private @"NAME"(#ml_program.extern : T) : T`, read with `ml_program.global_load_const` in each function that needs
                them; small constants may stand in the text. Public functions take and give tensors and numbers.
    parameters  the tensors outside of the module: paths of safetensors files (or of an index of shards), which are mapped and never
                changed; or a dict from NAME to an array, or to a function without arguments that gives one, called once, in the order of the
                dict, when the model writes them to a file of its own. bf16 and 8-bit floats are arrays of `ml_dtypes`.
    layers      what `print(model)` and `size()` show: a Layer for each module that has parameters of its own, in the order of the
                program. Empty: found from the module itself, by the names of its weights.
    entry       the function that `model(x)` calls; others by `model.call(NAME, ...)`
    config      what the loader knows about the model (a plain dict: architecture, sizes, bos, eos, chat template, ...), for
                generation; saved with it as JSON
    files       files that belong to the model (tokenizer.json, ...): copied by `model.save`

A model loaded from such a `Source` is saved as a folder that `qlinalg.load` reads again: `model.mlir`, `model.safetensors`, `model.json`
(layers, entry, config, scheme) and `files`. What generation needs of it:

    model(*arrays)                 one call of `entry`; results as NumPy arrays without copies: one array, or a tuple of several
    model.call("decode", *arrays)  the same for another function; arrays by DLPack or the buffer protocol
    model.functions                {NAME: Signature(inputs=[("f32", (-1, 64)), ...], results=[...])}; -1 for sizes of run time
    model.source                   the Source, with `config` and `files`
    model.compile(threads=None)    compiled before the first call; also done by the first call, once for all functions
"""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Layer:
    """A module of the model with parameters of its own.

    `name` is its path ("model.layers.0.mlp.up_proj"), `kind` is "Linear", "Embedding", "LayerNorm", "RMSNorm", "Conv1D" or another
    class name. `weight` is the full name of its weight's parameter, `bias` that of its bias or None. For a Linear `in_features` is K and
    `out_features` N, whichever way the weight is stored; for an Embedding they are its width and its number of rows.
    """

    name: str
    kind: str
    weight: str
    bias: str | None = None
    in_features: int | None = None
    out_features: int | None = None


@dataclasses.dataclass(frozen=True)
class Source:
    """See above."""

    module: str | os.PathLike
    parameters: Sequence[str | os.PathLike] | Mapping[str, object | Callable[[], object]] = ()
    layers: Sequence[Layer] = ()
    entry: str | None = None
    config: Mapping[str, object] = dataclasses.field(default_factory=dict)
    files: Sequence[str | os.PathLike] = ()
