"""The networks: each as a graph, with the program that a frontend made of it, its data, and the frontend's results."""

import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import blocks
from graph import Graph

REPOSITORY = Path(__file__).resolve().parents[2]
TINYLM = REPOSITORY / "examples" / "tinylm"
MODELS = REPOSITORY / "test" / "Integration" / "models"


@dataclass
class Network:
    name: str
    graph: Graph
    program: Path
    # An input, and what the frontend's own float model makes of it (of the last rows).
    example: np.ndarray
    expected: np.ndarray
    # What names the program's arguments, where weights are arguments, and the arguments but the weights and the input.
    parameters: Path | None = None
    names: tuple[str, ...] = ()
    extra: tuple[np.ndarray, ...] = ()

    def float_error(self, output: np.ndarray) -> float:
        """Of the network's output for the example, relative to the largest result."""
        got = output[:, -self.expected.shape[1]:]
        return float(np.abs(got - self.expected).max() / np.abs(self.expected).max())


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    assert all(entry["dtype"] == "F32" for entry in header.values())
    return {name: np.frombuffer(data, np.float32, (end - begin) // 4, 8 + length + begin).reshape(entry["shape"])
            for name, entry in header.items() for begin, end in [entry["data_offsets"]]}


def read_resources(path: Path) -> dict[str, np.ndarray]:
    """The constants of a program's text, by torch-mlir's names, which hold the shape: `32_64`, `32_64_1`, ..."""
    found = {}
    for shape, number, data in re.findall(r'torch_tensor_(\w+?)_torch\.float32(_\d+)?: "0x(\w+)"', path.read_text()):
        # The first four bytes are an alignment.
        array = np.frombuffer(bytes.fromhex(data)[4:], np.float32)
        found[shape + number] = array.reshape([int(size) for size in shape.split("_")])
    return found


def tinylm() -> Network:
    """GPT-NeoX: attention and MLP beside each other, a quarter of each head turned by its position."""
    held = np.load(TINYLM / "tinylm.npz")
    config, weights = json.loads((TINYLM / "config.json").read_text()), read_safetensors(TINYLM / "model.safetensors")
    heads, features, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    size, ids = features // heads, held["in54"]
    rows = ids.shape[1]
    graph = Graph("ids", ids.shape, np.int64)
    tables, mask = blocks.rotary_tables(held["in52"], rows), blocks.causal_mask(rows)

    def norm(x, name):
        return blocks.layer_norm(graph, x, weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)

    def linear(x, name):
        return graph.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"], name)

    x = graph.add("Gather", weights["gpt_neox.embed_in.weight"], "ids")
    for i in range(config["num_hidden_layers"]):
        layer = f"gpt_neox.layers.{i}"
        fused = linear(norm(x, f"{layer}.input_layernorm"), f"{layer}.attention.query_key_value")
        fused = blocks.split_heads(graph, fused, heads)
        q, k, v = (blocks.last(graph, fused, part * size, (part + 1) * size) for part in range(3))
        q, k = (blocks.rotate(graph, part, size, tables) for part in (q, k))
        mixed = linear(blocks.attention(graph, q, k, v, size, features, mask), f"{layer}.attention.dense")
        wide = linear(norm(x, f"{layer}.post_attention_layernorm"), f"{layer}.mlp.dense_h_to_4h")
        narrow = linear(blocks.gelu(graph, wide), f"{layer}.mlp.dense_4h_to_h")
        x = graph.add("Add", graph.add("Add", narrow, mixed), x)
    # The head stays float, as in the published figures.
    graph.linear(norm(x, "gpt_neox.final_layer_norm"), weights["embed_out.weight"], None, "embed_out", quantized=False)
    return Network("tinylm", graph, TINYLM / "tinylm.mlir", ids, held["out0"], TINYLM / "model.safetensors",
                   tuple(map(str, held["names"])), (held["in52"], held["in53"]))


def bert_layer() -> Network:
    """Attention and MLP one after the other, a norm after each."""
    path, held = MODELS / "bert_layer.mlir", np.load(MODELS / "bert_layer.npz")
    weights, x, heads = read_resources(path), held["in0"], 4
    features = x.shape[-1]
    graph = Graph("x", x.shape, np.float32)
    q, k, v = (blocks.split_heads(graph, graph.linear("x", weights[f"32_32{i}"], weights[f"32{i}"], name), heads)
               for i, name in (("", "query"), ("_1", "key"), ("_2", "value")))
    mixed = blocks.attention(graph, q, k, v, features // heads, features, None)
    mixed = graph.linear(mixed, weights["32_32_3"], weights["32_3"], "attention.output")
    mixed = blocks.layer_norm(graph, graph.add("Add", mixed, "x"), weights["32_4"], weights["32_5"], 1e-12)
    wide = blocks.gelu(graph, graph.linear(mixed, weights["64_32"], weights["64"], "intermediate"))
    narrow = graph.linear(wide, weights["32_64"], weights["32_6"], "output")
    blocks.layer_norm(graph, graph.add("Add", narrow, mixed), weights["32_7"], weights["32_8"], 1e-12)
    return Network("bert_layer", graph, path, x, held["out0"])


def llama_block() -> Network:
    """A norm before each of attention, with heads turned by their position, and gated MLP."""
    path, held = MODELS / "llama_block.mlir", np.load(MODELS / "llama_block.npz")
    weights, x, heads = read_resources(path), held["in0"], 4
    rows, features = x.shape[1:]
    size = features // heads
    graph = Graph("x", x.shape, np.float32)
    tables, mask = blocks.rotary_tables(weights["4"], rows), blocks.causal_mask(rows)
    normed = blocks.rms_norm(graph, "x", weights["32"], 1e-6)
    q, k, v = (blocks.split_heads(graph, graph.linear(normed, weights[f"32_32{i}"], None, name), heads)
               for i, name in (("", "q_proj"), ("_1", "k_proj"), ("_2", "v_proj")))
    q, k = (blocks.rotate(graph, part, size, tables) for part in (q, k))
    mixed = graph.linear(blocks.attention(graph, q, k, v, size, features, mask), weights["32_32_3"], None, "o_proj")
    x1 = graph.add("Add", "x", mixed)
    normed = blocks.rms_norm(graph, x1, weights["32_1"], 1e-6)
    gate = blocks.silu(graph, graph.linear(normed, weights["80_32"], None, "gate_proj"))
    gated = graph.add("Mul", gate, graph.linear(normed, weights["80_32_1"], None, "up_proj"))
    graph.add("Add", x1, graph.linear(gated, weights["32_80"], None, "down_proj"))
    return Network("llama_block", graph, path, x, held["out0"])


NETWORKS = {"tinylm": tinylm, "bert_layer": bert_layer, "llama_block": llama_block}
