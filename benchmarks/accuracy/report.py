"""Results as tables of a terminal and as Markdown.

A result: {"network", "data", "side": "ours" or "ONNX Runtime", "method", "storage", metrics..}. One table a network and data; a row is a
method, the columns are both sides in each storage.
"""

SIDES = ("ours", "ONNX Runtime")
# What is compared: methods as they come. A percentage that someone tuned on these data is shown beside them.
TUNED = ("percentile 99.9",)


def select(results: list[dict], **wanted) -> list[dict]:
    return [result for result in results if all(result.get(key) == value for key, value in wanted.items())]


def cell(section: dict, result: dict | None) -> str:
    if result is None:
        return "-"
    if "error" in result:
        return "failed"
    return ", ".join(form.format(result[key]) for key, form in section["metrics"].items())


def table(section: dict) -> tuple[list[str], list[list[str]]]:
    results = section["results"]
    columns = [(storage, side) for storage in ("int8", "uint8") for side in SIDES if select(results, side=side)]
    lines = []
    for method in dict.fromkeys(result["method"] for result in results if result["storage"] != "float"):
        cells = [next((cell(section, r) for r in select(results, side=side, storage=storage, method=method)), "-")
                 for storage, side in columns]
        lines.append([method, *cells])
    return ["activations by", *(f"{storage}, {side}" for storage, side in columns)], lines


def best(section: dict, side: str, storage: str) -> dict | None:
    """Of the side's static ways the one of least loss."""
    found = [r for r in select(section["results"], side=side, storage=storage)
             if section["loss"] in r and r["method"] not in ("dynamic", *TUNED)]
    return min(found, key=lambda r: r[section["loss"]], default=None)


def ratios(section: dict) -> list[dict]:
    """The loss of our `auto` to the least of ONNX Runtime's static ways."""
    found = []
    for storage in ("int8", "uint8"):
        mine = select(section["results"], side="ours", storage=storage, method="auto")
        peer = best(section, "ONNX Runtime", storage)
        if mine and peer and section["loss"] in mine[0]:
            found.append({"storage": storage, "peer": peer["method"],
                          "ratio": mine[0][section["loss"]] / peer[section["loss"]]})
    return found


def facts(section: dict) -> list[str]:
    lines = [f"{section['network']}: calibrated on {section['data']}; judged by {section['judged']}; "
             f"{section['linears']} matmuls are quantized, weights int8 per channel"]
    lines += [f"{result['side']}, float: {cell(section, result)}; {result['float_error']:.1e} off the frontend's results"
              for result in select(section["results"], storage="float") if "float_error" in result]
    lines += [f"auto, {r['storage']}: {r['ratio']:.2f} of the {section['loss']} of ONNX Runtime's best ({r['peer']})"
              for r in ratios(section)]
    return lines


def headline(report: dict) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return [f"processor: {report['processor']}", f"{versions}; {report['threads']} threads, one a call",
            "cells: " + "; ".join(dict.fromkeys(", ".join(section["metrics"]) for section in report["sections"]))]


def check_lines(report: dict) -> list[str]:
    return [f"{'holds' if check['holds'] else 'FAILS'}  {check['what']} ({check['found']})" for check in report["checks"]]


def terminal(report: dict) -> str:
    out = headline(report)
    for section in report["sections"]:
        heading, lines = table(section)
        widths = [max(len(line[i]) for line in [heading, *lines]) for i in range(len(heading))]
        out += ["", *facts(section), *("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip()
                                       for line in [heading, *lines])]
    return "\n".join([*out, "", *check_lines(report)])


def markdown(report: dict) -> str:
    out = [f"- {line}" for line in headline(report)]
    for section in report["sections"]:
        heading, lines = table(section)
        out += ["", *(f"- {line}" for line in facts(section)), "", "| " + " | ".join(heading) + " |",
                "|---|" + "---:|" * (len(heading) - 1), *("| " + " | ".join(line) + " |" for line in lines)]
    return "\n".join([*out, "", *(f"- {line}" for line in check_lines(report))]) + "\n"
