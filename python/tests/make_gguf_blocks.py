"""Random blocks of every type and what the package `gguf` makes of them: OUT.npz with NAME.blocks and NAME.floats.

    python make_gguf_blocks.py OUT.npz
"""

import sys

import gguf
import numpy as np

NAMES = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL"]
# Where a block has its f16 numbers: random bits there would be infinities and worse.
HALVES = {"F16": [0], "BF16": [], "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208], "IQ4_NL": [0]}

draw, held = np.random.default_rng(0), {}
for name in NAMES:
    kind = gguf.GGMLQuantizationType[name]
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = draw.integers(0, 256, (64, size), dtype=np.uint8)
    for at in HALVES[name]:
        blocks[:, at : at + 2] = draw.standard_normal((64, 1)).astype(np.float16).view(np.uint8)
    if name == "BF16":
        blocks = (draw.standard_normal((64, 1), np.float32).view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    held[f"{name}.blocks"] = blocks
    held[f"{name}.floats"] = gguf.quants.dequantize(blocks, kind).astype(np.float32).reshape(64, -1)
np.savez(sys.argv[1], **held)
