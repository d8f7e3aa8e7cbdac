"""What must hold of the results, each with its reason."""

import report

# Of the largest result: both sides sum f32 products in another order than the frontend did.
FLOAT = 1e-4
# Static int8 with SmoothQuant, and dynamic int8: of the float perplexity.
STATIC, DYNAMIC = 0.01, 0.005
# Loss of our `auto` to the best of the peer's methods: where both choose the same ranges only the order of sums differs.
PEER = 1.005


def check(section: dict) -> list[dict]:
    results, found = section["results"], []

    def add(what: str, holds: bool, value: str) -> None:
        found.append({"what": f"{section['title']}: {what}", "holds": bool(holds), "found": value})

    add(f"float results of the graph are the frontend's to {FLOAT}", section["graph_error"] <= FLOAT, f"{section['graph_error']:.1e}")
    for result in results:
        if "error" in result:
            add(f"{result['side']}, {result['method']}, {result['storage']} runs", False, result["error"])
        if "float_error" in result:
            add(f"float results of {result['side']} are the frontend's to {FLOAT}", result["float_error"] <= FLOAT,
                f"{result['float_error']:.1e}")
        if "change" in result and result["side"] == "ours":
            bound = DYNAMIC if result["method"] == "dynamic" else STATIC if result["method"] == "smooth" else None
            if bound:
                add(f"perplexity of {result['method']}, {result['storage']}, within {bound:.1%} of float",
                    abs(result["change"]) <= bound, f"{result['change']:+.3%}")
    for ratio in report.ratios(section):
        add(f"auto, {ratio['storage']}, loses no more than ONNX Runtime's best", ratio["ratio"] <= PEER,
            f"{ratio['ratio']:.3f} of {ratio['peer']}")
    return found
