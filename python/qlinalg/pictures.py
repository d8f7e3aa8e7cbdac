"""Pictures by matplotlib (an optional extra), without a display: each function writes one file, its ending decides the format."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .files import new_file

BLUE, GREY = "#2a6ebb", "#808080"


def _write(figure, path):
    FigureCanvasAgg(figure)
    with new_file(path) as temporary:
        figure.savefig(temporary, format=str(path).rpartition(".")[2], dpi=150)


def error_map(before, after, path, title="error"):
    """A matrix before and after, and the differences: darker is larger. Values stand in small matrices."""
    before, after = np.asarray(before), np.asarray(after)
    figure = Figure(figsize=(10, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    parts = [("before", before, None), ("after", after, None), (title, np.abs(after - before), "Blues")]
    for axis, (name, values, colours) in zip(axes, parts):
        image = axis.imshow(values, cmap=colours or "Greys", alpha=1 if colours else 0.25, aspect="auto")
        axis.set_title(name)
        axis.set_xticks([])
        axis.set_yticks([])
        if values.size <= 100:
            middle = values.min() + (values.max() - values.min()) * 0.6
            for (row, column), value in np.ndenumerate(values):
                axis.text(column, row, f"{value:.4g}", ha="center", va="center", color="white" if colours and value > middle else "black")
        if colours:
            figure.colorbar(image, ax=axis)
    _write(figure, path)


def histogram(values, path, coded=None, title=""):
    """How often values occur; with `coded`, a QTensor of one scale, the values that its codes stand for as lines over it."""
    values = np.asarray(values, np.float32).ravel()
    figure = Figure(figsize=(8, 4), layout="constrained")
    axis = figure.subplots()
    axis.hist(values, bins=int(np.clip(values.size / 20, 10, 200)), color=BLUE)
    if coded is not None:
        grid = np.unique(coded.dequantize())
        for level in grid[:: max(1, len(grid) // 256)]:
            axis.axvline(level, color=GREY, linewidth=0.7)
        axis.set_xlabel(f"value; lines: {len(grid)} values of codes in use")
    else:
        axis.set_xlabel("value")
    axis.set_ylabel("count")
    axis.set_title(title)
    _write(figure, path)


def layer_errors(comparison, path):
    """The error of each site of a Comparison, worst on top, in dB."""
    sites = [site for site in comparison.sites if np.isfinite(site["sqnr_db"])][::-1]
    figure = Figure(figsize=(8, 1 + 0.25 * len(sites)), layout="constrained")
    axis = figure.subplots()
    axis.barh([site["site"].removesuffix(".weight") for site in sites], [site["sqnr_db"] for site in sites], color=BLUE)
    axis.set_xlabel("signal to quantization noise, dB (less is worse)")
    _write(figure, path)
