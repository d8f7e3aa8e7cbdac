"""Fake quantization in torch: the values of inference, the gradient of the identity."""

import numpy as np
import pytest

import qlinalg

torch = pytest.importorskip("torch", reason="torch is not installed")


@pytest.mark.parametrize("options", [dict(storage="int8"), dict(storage="int4", group=8), dict(storage="nf4", group=16),
                                     dict(storage="uint4", group=8, scales="f16")])
def test_values_are_those_of_inference(options):
    from qlinalg.qat import FakeQuantize

    w = torch.randn(12, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    fake = FakeQuantize(**options)(w)
    assert np.array_equal(fake.detach().numpy(), qlinalg.numerics.quantize(w.detach().numpy(), **options).dequantize())
    # K is contiguous in no transposed view: the values are the same.
    assert torch.equal(FakeQuantize(**options)(w.detach().T.contiguous().T), fake.detach())
    weights = torch.arange(12 * 32, dtype=torch.float32).reshape(12, 32)
    (fake * weights).sum().backward()
    assert torch.equal(w.grad, weights)


def test_training_regains_what_quantization_loses():
    from qlinalg.qat import finish, prepare

    torch.manual_seed(0)
    # Of rank 6 and a little noise: other weights can make errors good.
    x = torch.randn(256, 6) @ torch.randn(6, 16) / 6**0.5 + 0.1 * torch.randn(256, 16)
    y = x @ torch.randn(16, 4)
    model = torch.nn.Sequential(torch.nn.Linear(16, 4, bias=False))
    with torch.no_grad():
        model[0].weight.copy_(torch.linalg.lstsq(x, y).solution.T)
    assert prepare(model, weights="int4", granularity="channel") == ["0"]
    after = torch.nn.functional.mse_loss(model(x), y).item()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.04 / torch.linalg.eigvalsh(x.T @ x / len(x)).max().item())
    best = after
    for _ in range(150):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        best = min(best, loss.item())
        loss.backward()
        optimizer.step()
    assert best < 0.8 * after
    finish(model)
    weight = model[0].weight.detach().numpy()
    assert np.array_equal(qlinalg.numerics.fake_quantize(weight, "int4", granularity="channel"), weight)
