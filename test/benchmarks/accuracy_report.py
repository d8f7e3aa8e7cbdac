"""Checks what accuracy.json holds after a quick run without the peer, and that its checks can fail."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy"))
import checks
import report

run = json.loads(pathlib.Path(sys.argv[1]).read_text())
assert {"processor", "threads", "versions", "sections", "checks"} == set(run), sorted(run)
assert all(check["holds"] for check in run["checks"])

text, *blocks = run["sections"]
assert [section["title"] for section in blocks] == [
    f"{name}, {data}" for name in ("bert_layer", "llama_block") for data in ("normal", "outliers")]
for section in run["sections"]:
    assert section["graph_error"] <= 1e-4
    assert [r["method"] for r in section["results"]] == ["float", "dynamic", "auto", "smooth"]
    results = {r["method"]: r for r in section["results"]}
    # Results of float differ by the order of sums only; 8 bits lose a hundredth of a value and more.
    assert results["float"]["float_error"] <= 1e-4
    assert all(results[m][section["loss"]] > 100 * abs(results["float"][section["loss"]]) for m in results if m != "float")

# The README of the demo model: 28.577 on all 158 windows; these are 4 of them.
float_perplexity, dynamic, smooth = (
    next(r["perplexity"] for r in text["results"] if r["method"] == m) for m in ("float", "dynamic", "smooth"))
assert abs(dynamic / float_perplexity - 1) <= 0.005 and abs(smooth / float_perplexity - 1) <= 0.01

# A section in which all that is checked is just too bad.
bad = {"title": "bad", "network": "tinylm", "loss": "kl", "graph_error": 2e-4, "metrics": {"kl": "{:.1e}"}, "results": [
    {"side": "ours", "method": "float", "storage": "float", "float_error": 1.1e-4, "kl": 0, "change": 0},
    {"side": "ours", "method": "dynamic", "storage": "int8", "kl": 1e-4, "change": -0.0051},
    {"side": "ours", "method": "smooth", "storage": "int8", "kl": 1e-4, "change": 0.0101},
    {"side": "ours", "method": "auto", "storage": "int8", "kl": 1.01e-4, "change": 0.02},
    {"side": "ours", "method": "mse", "storage": "int8", "error": "no such file"},
    {"side": "ONNX Runtime", "method": "minmax", "storage": "int8", "kl": 1e-4, "change": 0.02}]}
found = checks.check(bad)
assert len(found) == 6 and not any(check["holds"] for check in found), found
assert report.ratios(bad) == [{"storage": "int8", "peer": "minmax", "ratio": 1.01e-4 / 1e-4}]
