"""Quantization aware training in torch (an optional extra): floats are updated, what the loss sees are their codes' values.

    from qlinalg.qat import FakeQuantize, prepare
    prepare(model, weights="int4", group=32)     # every torch.nn.Linear from now on multiplies by decode(encode(weight))
    ...                                          # train as ever
    finish(model)                                # plain weights that quantization leaves as they are
"""

import torch
from torch.nn.utils import parametrize

from . import numerics


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(context, values, options):
        dense = values.detach().to(device="cpu", dtype=torch.float32).contiguous()
        result = torch.from_numpy(numerics.fake_quantize(dense, **options))
        return result.to(device=values.device, dtype=values.dtype)

    @staticmethod
    def backward(context, gradient):
        # Bengio et al., arXiv 1308.3432: rounding counts as the identity.
        return gradient, None


class FakeQuantize(torch.nn.Module):
    """f32 numbers to codes and back, by the very code that quantizes for inference; its gradient is the identity.

    Options are those of `qlinalg.numerics.quantize`: storage, group, granularity, symmetric, scales, method. K is the last dimension, as in
    `torch.nn.Linear.weight`. Numbers of other types are taken as f32.
    """

    def __init__(self, storage="int8", **options):
        super().__init__()
        self.options = {"storage": storage, **options}
        numerics.make_scheme(storage, **{key: value for key, value in options.items() if key != "method"})

    def forward(self, values):
        return _StraightThrough.apply(values, self.options)

    def extra_repr(self):
        return ", ".join(f"{key}={value}" for key, value in self.options.items())


def prepare(model, weights="int8", **options):
    """Puts a FakeQuantize before the weight of each torch.nn.Linear; gives their names."""
    names = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    for name in names:
        parametrize.register_parametrization(model.get_submodule(name), "weight", FakeQuantize(weights, **options))
    return names


def finish(model):
    """Takes them away again; weights become what the loss saw, which quantization leaves as it is."""
    for module in model.modules():
        if parametrize.is_parametrized(module, "weight") and isinstance(module.parametrizations.weight[0], FakeQuantize):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
