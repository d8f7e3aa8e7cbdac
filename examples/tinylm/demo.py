#!/usr/bin/env python3
"""A real language model, quantized seven ways: what it costs and what it is worth.

    build/venv/bin/python examples/tinylm/demo.py --bin build/bin --work build/demo

The way a user of other quantizers knows: look at the float model, quantize,
freeze, look again, evaluate. Every number comes from code that quant-compile
made. Ends with checks that must hold; the exit code is 1 if one does not.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from layers import layer_tree, quantized_layers, size_table
from outcome import Outcome, outcome_table
from session import PROMPT, Session
from stored import ParameterFile
from toolchain import FLOAT, INT8

LAYER = "gpt_neox.layers.0.attention.dense.weight"


class Demo(Session):
    """The chapters, in order."""

    def run(self) -> int:
        with self.steps:
            self.float_model()
            self.quantize()
            self.freeze()
            self.other_schemes()
        return self.conclude()

    def float_model(self) -> None:
        self.title("1. The float model")
        self.say("tinylm is a GPT-NeoX (the architecture of Pythia) of 4.2 million parameters, trained on the",
                 "King James Bible. Its size, module by module:")
        self.show(size_table({"float": self.original}))
        self.say("Its layers:")
        self.show(layer_tree(self.original, {}))
        self.say(f"A corner of a weight, {LAYER}:")
        self.show_matrix(self.original.tensors[LAYER][:3, :6], "{:9.5f}")
        self.build([FLOAT])
        self.evaluate(FLOAT)
        outcome = self.outcomes[FLOAT.name]
        self.say(f"Compiled as it is, it continues [italic]{PROMPT}[/italic] like this:")
        self.show(f"[italic]{outcome.text}")
        self.say("One text proves nothing, so: perplexity on held-out text (lower is better), over",
                 f"{len(self.judge.windows)} windows of 256 tokens: [bold]{outcome.verdict.perplexity:.4f}[/bold]")
        self.compare_with_pytorch()

    def compare_with_pytorch(self) -> None:
        program = self.programs[-1]
        logits = self.judge.logits(self.tools.load(FLOAT, program), self.arguments["in54"])
        distance = np.abs(logits[-1] - self.arguments["out0"].ravel()).max()
        self.results.add("logits are PyTorch's to 1e-4", distance <= 1e-4, f"largest difference {distance:.1e}")

    def quantize(self) -> None:
        self.title("2. Quantize")
        output = self.tools.work / "quantized.mlir"
        self.tools.run("quant-opt", self.tools.bound("any"), "--canonicalize", "--cse",
                       "--qlinalg-quantize=weights=int8", "--cse", "-o", output)
        ir = output.read_text()
        self.say("quant-opt --qlinalg-quantize=weights=int8 finds every matmul that has a weight and rewrites it.",
                 "The weight is still float: the op quantize stands between it and the matmul, and nothing has",
                 "been decided yet. What became of that layer:")
        self.show_ir(ir, LAYER)
        still_float = f"global_load_const @{LAYER} : tensor<256x256xf32>" in ir
        self.results.add("after quantize the weight is still float", still_float, LAYER)
        self.schemes = quantized_layers(ir)
        self.say(f"{len(self.schemes)} matmuls were rewritten: the 16 Linear layers of the blocks and the output head.",
                 "Attention's two products in each block are not: both their sides are activations.")

    def freeze(self) -> None:
        self.title("3. Freeze")
        output, parameters = (self.tools.work / f"frozen{suffix}" for suffix in (".mlir", ".safetensors"))
        self.tools.run("quant-opt", self.tools.work / "quantized.mlir",
                       f"--qlinalg-freeze=parameters={self.tools.parameters} output-parameters={parameters}",
                       "--canonicalize", "-o", output)
        frozen = ParameterFile(parameters)
        ir = output.read_text()
        self.say("quant-opt --qlinalg-freeze computes the codes and lets go of the float weight:")
        self.show_ir(ir, LAYER)
        self.say("The same corner, as codes (int8):")
        codes = frozen.codes(LAYER)
        self.show_matrix(codes[:3, :6], "{:9d}")
        scales = ", ".join(f"{scale:.6f}" for scale in frozen.tensors[LAYER + ".scales"][:3])
        self.say(f"times the scale of its row (channel), {scales}, gives back nearly the weight:")
        decoded = frozen.decode(LAYER)
        self.show_matrix(decoded[:3, :6], "{:9.5f}")
        error = np.abs(decoded - self.original.tensors[LAYER]).max()
        half = frozen.tensors[LAYER + ".scales"].max() / 2
        self.say(f"The largest error in the whole layer is {error:.5f}; half of its largest scale is {half:.5f}.",
                 "The layers now: Linear has become QLinear.")
        self.show(layer_tree(self.original, quantized_layers(ir)))
        self.say("And the size of all that is stored, codes and scales; embeddings and norms stay float:")
        self.show(size_table({"float": self.original, "int8": frozen}))
        self.results.add("codes are int8, and the float weight is gone",
                         codes.dtype == np.int8 and LAYER not in frozen.tensors, LAYER)
        self.results.add("each weight is off by half a scale at most", self.within_half_a_scale(frozen),
                         f"{len(self.schemes)} layers")
        self.frozen = frozen

    def within_half_a_scale(self, frozen: ParameterFile) -> bool:
        # w / scale, up to 127, and code * scale are rounded in f32: a few times 127 * 2^-24.
        bound = 0.5 + 127 * 2.0**-22
        return all(np.all(np.abs(frozen.decode(name) - self.original.tensors[name])
                          <= bound * frozen.tensors[name + ".scales"][:, None]) for name in self.schemes)

    def other_schemes(self) -> None:
        others = [variant for variant in self.variants if variant is not FLOAT]
        self.title("4. Evaluate" if self.quick else "4. Seven schemes, compiled and evaluated")
        self.build(others)
        for variant in others:
            self.evaluate(variant)
        self.say("[bold]bytes[/bold]: all 17 weights of matmuls as stored (codes, scales, zero points).",
                 "[bold]SQNR[/bold]: 10 log10 of signal to noise, of the layer that came out worst.",
                 "[bold]KL[/bold]: how far the predictions are from the float model's, in nats per token.",
                 "[bold]top-1[/bold]: how often the likeliest token is the float model's.",
                 "[bold]tokens/s[/bold]: of the perplexity pass, a second of one core.")
        self.show_outcomes(list(self.outcomes.values()))
        same = self.same_as_pipeline()
        self.results.add("quantize, then freeze, is what --qlinalg-ptq does", same, "all tensors equal")

    def show_outcomes(self, outcomes: list[Outcome]) -> None:
        wide = self.console.width >= 140
        self.console.print(outcome_table(outcomes, wide))
        if not wide:
            for outcome in outcomes:
                worst = "" if outcome.exact else f" (worst layer: {outcome.worst_layer})"
                self.console.print(f"{outcome.title}{worst}: [italic]{outcome.text}")

    def same_as_pipeline(self) -> bool:
        ours = ParameterFile(self.tools.stored(INT8)).tensors
        return ours.keys() == self.frozen.tensors.keys() and all(
            np.array_equal(ours[name], self.frozen.tensors[name]) for name in ours)

    def conclude(self) -> int:
        self.title("5. What must hold")
        windows = len(self.judge.windows)
        self.results.judge(self.outcomes, windows)
        for line in self.results.lines():
            self.console.print(line)
        return 0 if self.results.hold() else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True, help="folder of quant-opt and quant-compile")
    parser.add_argument("--work", type=Path, help="folder for what is made (default: BIN/../demo)")
    parser.add_argument("--quick", action="store_true", help="float and int8 on a few windows: a test")
    options = parser.parse_args()
    try:
        return Demo(options.bin, options.work or options.bin.parent / "demo", options.quick).run()
    except (RuntimeError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
