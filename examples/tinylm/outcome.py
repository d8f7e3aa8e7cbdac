"""What became of one variant, and the table of all of them."""

from dataclasses import dataclass

from rich import box
from rich.table import Table

from judge import Verdict
from stored import WeightReport


@dataclass
class Outcome:
    title: str
    weights: WeightReport
    verdict: Verdict
    text: str

    @property
    def share(self) -> float:
        """Of the bytes of the float weights."""
        return self.weights.bits / 32

    @property
    def exact(self) -> bool:
        return self.weights.worst_sqnr_db == float("inf")

    @property
    def worst_layer(self) -> str:
        """`1.mlp.dense_4h_to_h`"""
        return self.weights.worst_layer.removeprefix("gpt_neox.layers.").removesuffix(".weight")


def outcome_table(outcomes: list[Outcome], wide: bool) -> Table:
    """Texts and names of layers only where there is room for them."""
    table = Table(show_lines=wide, box=box.HEAVY_HEAD if wide else box.SIMPLE, padding=(0, 1 if wide else 0))
    table.add_column("weights")
    for title in ["bytes", "bits", "of float", "worst SQNR", "perplexity", "KL", "top-1", "tokens/s"]:
        table.add_column(title, justify="right", min_width=9 if title == "bytes" else None)
    if wide:
        table.add_column("the text it writes")
    for outcome in outcomes:
        weights, verdict = outcome.weights, outcome.verdict
        noise = "exact" if outcome.exact else f"{weights.worst_sqnr_db:.1f} dB"
        if wide and not outcome.exact:
            # Block and layer on lines of their own: the column stays narrow.
            noise += "\n" + outcome.worst_layer.replace(".", ".\n", 1)
        row = [outcome.title.replace(", ", "\n"), f"{weights.bytes:,}", f"{weights.bits:.2f}", f"{outcome.share:.1%}",
               noise, f"{verdict.perplexity:.3f}", f"{verdict.kl:.5f}", f"{verdict.agreement:.1%}",
               f"{verdict.tokens_per_second:,.0f}"]
        table.add_row(*row, *([outcome.text] if wide else []))
    return table
