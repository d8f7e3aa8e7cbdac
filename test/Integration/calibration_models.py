"""Calibration of the programs that frontends emit (models/README.md).

    calibration_models.py
"""

import argparse
import re
from math import erf

import numpy as np
import program
import tools

import statistics_file
from expected_statistics import check_site

MODELS = tools.HERE / "models"
OBSERVE = "--qlinalg-insert-observers"
# The same MLP, exported for inputs of other shapes.
EXPORTS = ["mlp", "mlp_3d", "mlp_3d_dyn_batch"]


def names(text, attribute):
    return re.findall(rf'{attribute} "?([^"]*)"', text)


def check_names(options):
    """Quantization calls matmuls the same before and after they are observed, and drops their observers."""
    quantize = "--qlinalg-ptq=weights=int8"
    checked = 0
    for model in sorted(MODELS.glob("*.mlir")):
        before = tools.quant_opt(options, model, options.work / "before.mlir", quantize)
        observed = tools.quant_opt(options, model, options.work / "observed.mlir", OBSERVE)
        after = tools.quant_opt(options, options.work / "observed.mlir", options.work / "after.mlir", quantize)
        sites = names(before, "site =")
        assert names(after, "site =") == sites, model.name
        seen = names(observed, "site")
        assert len(seen) == len(set(seen)), model.name
        inputs = [f"{site}.input" for site in sites]
        # In the program's order, and beside them only what is no operand of a weight.
        assert [s for s in seen if s.endswith(".input")] == inputs, model.name
        left = names(after, "qlinalg.observe %[^ ]* site")
        assert left == [s for s in seen if ".bmm." in s], model.name
        again = tools.quant_opt(options, options.work / "observed.mlir", options.work / "again.mlir", OBSERVE)
        assert names(again, "site") == seen, model.name
        checked += len(sites)
    assert checked > 100, checked
    print(f"{checked} matmuls keep their names")


def check_exports(options):
    """One network exported for several shapes has the same sites."""
    found = {
        name: names(tools.quant_opt(options, MODELS / f"{name}.mlir", options.work / "export.mlir", OBSERVE), "site")
        for name in EXPORTS
    }
    assert len(found["mlp"]) == 3 and all(found[n] == found["mlp"] for n in EXPORTS), found
    print("exports of one network have the same sites")


def calibrate(options, model, path, *flags):
    """Runs the observed model on its own inputs, which must give the frontend's result."""
    observed, held = options.work / f"{model}.observed.mlir", np.load(MODELS / f"{model}.npz")
    tools.quant_opt(options, MODELS / f"{model}.mlir", observed, f"{OBSERVE}=moments=full")
    inputs = []
    for i in range(sum(1 for name in held.files if re.fullmatch(r"in\d+", name))):
        inputs.append(options.work / f"{model}.in{i}.npy")
        np.save(inputs[-1], held[f"in{i}"])
    expect = options.work / f"{model}.out.npy"
    np.save(expect, held["out0"])
    result, = tools.quant_run(options, observed, inputs, [], f"--statistics={path}", f"--expect={expect}", *flags)
    assert result["relative_l2"] < 1e-5, (model, result)
    return held


def check_mlp(options):
    """What the sites of a network saw, against NumPy on the weights that stand in its text."""
    path = options.work / "mlp.stats"
    for flags in (["--threads=1"], ["--threads=2"], ["--lowering=linalg"]):
        path.unlink(missing_ok=True)
        held = calibrate(options, "mlp", path, *flags)
        text = program.ProgramText(options, MODELS / "mlp.mlir")
        weights = [text.constant(w.root).astype(np.float64) for w in text.weights]
        bias = {c.shape: c for c in (np.frombuffer(b, np.float32) for b in text.resources.values())}[64,]
        x = held["in0"]
        h = x @ weights[0].T + bias
        h = h * (1 + np.vectorize(erf)(h / np.sqrt(2))) / 2
        y = np.maximum(h @ weights[1].T, 0)
        sites = statistics_file.read_statistics(path)
        (_, site), *computed = sites.items()
        check_site("input", site, [x])
        for (name, site), values in zip(computed, (h, y)):
            assert site["count"] == values.size and site["rows"] == len(values), name
            # The program's f32, within some roundings of NumPy's f64.
            close = dict(rtol=1e-5, atol=1e-6, err_msg=name)
            np.testing.assert_allclose(site["minimum"], values.min(), **close)
            np.testing.assert_allclose(site["maximum"], values.max(), **close)
            np.testing.assert_allclose(site["sum"].sum(), values.sum(), **close)
            np.testing.assert_allclose(site["channel_magnitudes"], abs(values).max(0), **close)
            np.testing.assert_allclose(site["products"], values.T @ values, **close)
        assert sites[list(sites)[2]]["zeros"] == (y == 0).sum()
    print("NumPy computes what the sites of mlp saw")


def check_transformers(options):
    """Every site of whole blocks is reached, and what the block computes stays the same."""
    for model in ("llama_block", "bert_layer", "gptneox_block", "llama_lm"):
        path = options.work / f"{model}.stats"
        path.unlink(missing_ok=True)
        calibrate(options, model, path)
        tools.run(options.bin / "quant-stats", "check", path, "--least=1")
        sites = statistics_file.read_statistics(path)
        # One value under three names.
        q, k, v = list(n for n in sites if n.endswith(".input"))[:3] if model != "gptneox_block" else [None] * 3
        if q:
            # Their weights are apart.
            for column in sites[q].keys() - {"weight_fingerprints"}:
                assert np.array_equal(sites[q][column], sites[k][column]), (model, column)
                assert np.array_equal(sites[q][column], sites[v][column]), (model, column)
        # Rows of softmax sum to 1.
        softmax = sites["main.bmm.1.lhs"]
        np.testing.assert_allclose(softmax["sum"].sum(), softmax["rows"], rtol=1e-5)
    print("blocks of transformers are observed, and compute what they did")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    tools.add_options(parser)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    check_names(options)
    check_exports(options)
    check_mlp(options)
    check_transformers(options)


if __name__ == "__main__":
    main()
