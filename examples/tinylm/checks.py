"""What must hold at the end, each with its reason."""

from dataclasses import dataclass

from outcome import Outcome

# 158 windows: PyTorch's, as README.md says. 6 windows: of a forward pass written in NumPy from the model's
# definition, which gives 28.5772 for all 158.
FLOAT_PERPLEXITY = {158: 28.577, 6: 26.6042}


@dataclass
class Check:
    what: str
    holds: bool
    found: str


class Checks:
    def __init__(self):
        self.checks: list[Check] = []

    def add(self, what: str, holds: bool, found: str) -> None:
        self.checks.append(Check(what, bool(holds), found))

    def hold(self) -> bool:
        return all(check.holds for check in self.checks)

    def lines(self) -> list[str]:
        mark = {True: "[green]holds[/green]", False: "[bold red]FAILS[/bold red]"}
        return [f"  {mark[check.holds]}  {check.what} ({check.found})" for check in self.checks]

    def judge(self, outcomes: dict[str, Outcome], windows: int) -> None:
        floats, int8 = outcomes["float"], outcomes["int8"]
        expected = FLOAT_PERPLEXITY[windows]
        # The README's number is rounded to three digits; sums in another order add a few 1e-5.
        self.add(f"float perplexity is {expected} to 1e-3", abs(floats.verdict.perplexity - expected) <= 1e-3,
                 f"{floats.verdict.perplexity:.4f}")
        change = int8.verdict.perplexity / floats.verdict.perplexity - 1
        self.add("int8 perplexity is within 0.5 % of float", abs(change) <= 0.005, f"{change:+.3%}")
        # 8 of 32 bits are 25 %; one f32 scale for a row of 256 or 1024 adds at most 0.4 %.
        self.add("int8 weights take at most 26 % of float", int8.share <= 0.26, f"{int8.share:.2%}")
        if "int2" in outcomes:
            self.judge_order(outcomes)

    def judge_order(self, outcomes: dict[str, Outcome]) -> None:
        def rising(names: list[str], what: str, value) -> None:
            values = [value(outcomes[name]) for name in names]
            self.add(f"{what}: {' < '.join(names)}", all(a < b for a, b in zip(values, values[1:])),
                     ", ".join(f"{v:,}" if isinstance(v, int) else f"{v:.5g}" for v in values))

        # Fewer bits, more noise; where the activations lose bits too, more again.
        rising(["bf16", "int8", "int4", "int2"], "KL", lambda outcome: outcome.verdict.kl)
        rising(["int8", "int8_dynamic", "int2"], "KL", lambda outcome: outcome.verdict.kl)
        rising(["int8", "nf4", "int2"], "KL", lambda outcome: outcome.verdict.kl)
        rising(["int2", "int4", "int8", "bf16"], "worst SQNR", lambda outcome: outcome.weights.worst_sqnr_db)
        rising(["int2", "nf4", "int8"], "worst SQNR", lambda outcome: outcome.weights.worst_sqnr_db)
        rising(["int2", "nf4", "int4", "int8", "bf16", "float"], "bytes", lambda outcome: outcome.weights.bytes)
        rising(["float", "int4", "int2"], "perplexity", lambda outcome: outcome.verdict.perplexity)
