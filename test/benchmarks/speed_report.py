"""Checks what speed.json holds after a run of schemes w4a8 and f32 on 96 x 64 with 1 and 20 rows."""

import json
import os
import pathlib
import sys

report = json.loads(pathlib.Path(sys.argv[1]).read_text())
assert {"processor", "features", "last_cache_bytes", "cpu", "peers", "rounds", "shapes", "limits", "results", "ratios",
        "scaling", "quant_run"} == set(report), sorted(report)
assert report["shapes"] == [[96, 64]] and report["rounds"] == 1 and report["peers"] == {} and report["ratios"] == []

kinds = {limit["kind"] for limit in report["limits"]}
assert "read" in kinds and kinds <= {"read", "float", "dot"}, kinds
assert all(limit["low"] <= limit["median"] <= limit["high"] for limit in report["limits"])

wanted = [(scheme, rows) for scheme in ("w4a8", "f32") for rows in (1, 20)]
found = {(result["family"], result["rows"]): result for result in report["results"]}
assert sorted(found) == sorted(wanted) and len(report["results"]) == len(wanted)
for (family, _), result in found.items():
    assert result["shape"] == [96, 64] and result["ours"] and result["contestant"] == f"qlinalg {family}"
    assert result["copies"] == 1 and result["gmacs"]["median"] > 0
    # 4 bits cost about 8 % of the result, and f32 is what it is compared with.
    assert (0.02 < result["error"] < 0.15) if family == "w4a8" else result["error"] < 1e-5, result
    if result["rows"] == 1:
        assert result["of_limit"]["limit"] == "read"

assert {(run["scheme"], run["rows"]) for run in report["quant_run"]} == set(wanted)
if len(os.sched_getaffinity(0)) > 1:
    assert len(report["scaling"]) == len(wanted) and all(entry["scaling"]["median"] > 0 for entry in report["scaling"])
