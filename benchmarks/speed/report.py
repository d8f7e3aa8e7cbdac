"""Results as a dictionary (speed.json), as tables of a terminal and as Markdown.

A row is a contestant, a column a number of activation rows; cells are GMAC/s. Beside ours: its share of the machine's
limit, and the ratio to the fastest peer of the same family.
"""

from dataclasses import asdict

import numpy as np

from contest import Spread, ratio

# What memory limits rather than arithmetic.
MEMORY_ROWS = 2


def rate(entry, m):
    n, k = entry.problem.shape
    return n * k * m / np.array(entry.seconds[m]) / 1e9


def share(entry, m, limits):
    """(of what, Spread): of the read rate for few rows; of the best dot instruction, or the float one, for more."""
    n, k = entry.problem.shape
    integers = entry.contestant.family.endswith("a8")
    kind = "read" if m <= MEMORY_ROWS else "dot" if integers else "float"
    rates = [values for limit, values in limits.items() if limit.kind == kind]
    if not rates:
        return None
    best = np.max(rates, axis=0)
    reached = n * k * entry.contestant.bits / 8 / np.array(entry.seconds[m]) / 1e9 if kind == "read" else rate(entry, m)
    return kind, Spread.of(reached / best)


def collect(entries, limits, m):
    """What one contest gave: results of each contestant, ratios of ours to each other one of the family."""
    results, ratios = [], []
    for entry in entries:
        contestant = entry.contestant
        where = {"shape": list(entry.problem.shape), "rows": m, "contestant": contestant.name}
        result = {**where, "family": contestant.family, "ours": contestant.ours, "bits": contestant.bits,
                  "copies": entry.prepared.copies, "error": entry.errors[m], "gmacs": asdict(Spread.of(rate(entry, m)))}
        if of := share(entry, m, limits):
            result["of_limit"] = {"limit": of[0], **asdict(of[1])}
        results.append(result)
        if contestant.ours:
            ratios += [{**where, "peer": other.contestant.name, "ratio": asdict(ratio(entry, other, m))}
                       for other in entries
                       if other.contestant.family == contestant.family and not other.contestant.ours]
    return results, ratios


def summarize_limits(samples):
    """`samples` are (limit, threads, values)."""
    return [{"name": limit.name, "kind": limit.kind, "unit": limit.unit, "threads": threads,
             **asdict(Spread.of(values))} for limit, threads, values in samples]


def select(items, **wanted):
    return [item for item in items if all(item.get(key) == value for key, value in wanted.items())]


def spread_text(spread, digits):
    """The median, and half the distance between the quarters around it as a share."""
    middle = spread["median"]
    return f"{middle:.{digits}f} ±{(spread['high'] - spread['low']) / 2 / middle * 100 if middle else 0:.0f}%"


def contestants(results):
    """Names, family by family in the order in which they appear."""
    families = {result["contestant"]: result["family"] for result in results}
    order = list(dict.fromkeys(families.values()))
    return sorted(families, key=lambda name: order.index(families[name]))


def table(report, shape):
    """Heading and rows of texts for one shape."""
    results = select(report["results"], shape=list(shape))
    rows = sorted({result["rows"] for result in results})
    lines = []
    for name in contestants(results):
        mine = {r["rows"]: r for r in select(results, contestant=name)}
        one = next(iter(mine.values()))
        lines.append([name, one["family"]] + [spread_text(mine[m]["gmacs"], 1) if m in mine else "-" for m in rows])
        if not one["ours"]:
            continue
        lines.append(["  of the limit", ""] + [limit_text(mine.get(m)) for m in rows])
        lines.append(["  to the best peer", ""] + [best_peer_text(report, shape, name, m) for m in rows])
        if two := select(report["scaling"], shape=list(shape), contestant=name):
            lines.append(["  two threads to one", ""] + [
                next((spread_text(r["scaling"], 2) for r in two if r["rows"] == m), "-") for m in rows])
    return ["N x K = {} x {}, GMAC/s".format(*shape), "family", *(f"n = {m}" for m in rows)], lines


def limit_text(result):
    if not result or "of_limit" not in result:
        return "-"
    return f"{result['of_limit']['median']:.2f} ({result['of_limit']['limit']})"


def best_peer_text(report, shape, name, m):
    ratios = select(report["ratios"], shape=list(shape), contestant=name, rows=m)
    if not ratios:
        return "-"
    best = min(ratios, key=lambda item: item["ratio"]["median"])
    return f"{best['ratio']['median']:.2f} ({shorten(best['peer'])})"


def shorten(peer):
    """Enough to know it by."""
    for long, short in (("ONNX Runtime MatMul", "ORT "), (", level ", " L"), ("dynamic quantization", "dyn"),
                        ("OpenVINO", "OV"), (", static activations", " static"), (", dynamic", " dyn")):
        peer = peer.replace(long, short)
    return peer


def headline(report):
    flags = ", ".join(report["features"])
    versions = ", ".join(f"{name} {version}" for name, version in report["peers"].items()) or "none"
    return [f"processor: {report['processor']} ({flags}), last cache {report['last_cache_bytes'] / 2**20:.0f} MB",
            f"code for: {report['cpu']}; peers: {versions}",
            f"one thread, medians of {report['rounds']} interleaved rounds, ± half the distance between the quarters; "
            "quantizing the activations is inside the time"]


def limit_lines(report):
    lines = []
    for name in dict.fromkeys(limit["name"] for limit in report["limits"]):
        both = select(report["limits"], name=name)
        rates = ", ".join(f"{spread_text(one, 1)} on {one['threads']} thread{'s' * (one['threads'] > 1)}" for one in both)
        lines.append(f"{name}: {rates} {both[0]['unit']}")
    return lines


def terminal(report):
    out = [*headline(report), "", *limit_lines(report)]
    for shape in report["shapes"]:
        heading, lines = table(report, shape)
        widths = [max(len(line[i]) for line in [heading, *lines]) for i in range(len(heading))]
        out += ["", *("  ".join(text.ljust(width) if i < 2 else text.rjust(width)
                                for i, (text, width) in enumerate(zip(line, widths))).rstrip()
                      for line in [heading, *lines])]
    return "\n".join(out)


def markdown(report):
    out = [*(f"- {line}" for line in headline(report)), *(f"- {line}" for line in limit_lines(report))]
    for shape in report["shapes"]:
        heading, lines = table(report, shape)
        out += ["", "| " + " | ".join(heading) + " |", "|---|---|" + "---:|" * (len(heading) - 2)]
        out += ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(out) + "\n"
