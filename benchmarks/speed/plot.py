"""The rates of a report as bars, one panel a shape and number of rows, limits as lines."""

from report import MEMORY_ROWS, contestants, select


def draw(report, path):
    """Raises ImportError without matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    results = report["results"]
    rows = sorted({result["rows"] for result in results})
    names = contestants(results)
    figure, panels = pyplot.subplots(
        len(report["shapes"]), len(rows), squeeze=False, sharey=True,
        figsize=(1.5 + 2.6 * len(rows), 1 + (0.8 + 0.2 * len(names)) * len(report["shapes"])))
    limits = {kind: max((limit["median"] for limit in select(report["limits"], kind=kind, threads=1)), default=None)
              for kind in ("dot", "float", "read")}
    for shape, line in zip(report["shapes"], panels):
        for m, panel in zip(rows, line):
            here = {r["contestant"]: r for r in select(results, shape=list(shape), rows=m)}
            for i, name in enumerate(names):
                if name in here:
                    rate, ours = here[name]["gmacs"], here[name]["ours"]
                    panel.barh(i, rate["median"], color="tab:blue" if ours else "lightgray",
                               xerr=[[rate["median"] - rate["low"]], [rate["high"] - rate["median"]]],
                               error_kw={"linewidth": 0.8})
                    if m <= MEMORY_ROWS:
                        most = limits["read"] * 8 / here[name]["bits"] * m
                        panel.plot([most, most], [i - 0.4, i + 0.4], color="black", linestyle="-", linewidth=0.8)
            if m > MEMORY_ROWS:
                for kind, style in (("dot", "--"), ("float", ":")):
                    if limits[kind]:
                        panel.axvline(limits[kind], color="black", linestyle=style, linewidth=0.8)
            panel.set_title(f"{shape[0]} x {shape[1]}, n = {m}", fontsize=8)
            panel.set_yticks(range(len(names)), names, fontsize=7)
            panel.tick_params(axis="x", labelsize=7)
        line[0].invert_yaxis()
    figure.suptitle(f"GMAC/s, one thread, {report['processor']}; dashed: dot peak, dotted: f32 peak, "
                    f"ticks up to n = {MEMORY_ROWS}: the weights at the read rate", fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
