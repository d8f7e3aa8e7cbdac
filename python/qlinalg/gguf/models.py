"""A GGUF file's model in the words of Hugging Face: configuration, names of tensors, orders of rows."""

import dataclasses
import json
import pathlib
import re
import tempfile
from collections.abc import Callable

import numpy as np

from ..errors import Error
from ..models import folder
from ..models.config import Config
from ..models.tensors import Stored, Tensors
from ..source import Source
from .reader import File, Tensor
from .tokens import read_tokenizer

Rows = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Family:
    """`names` from patterns of GGUF's names (`#` is a layer's number) to Hugging Face's, without ".weight" and ".bias"; `sizes` from keys of
    config.json to those of the metadata, behind the architecture's name."""

    architecture: str
    names: dict[str, str]
    sizes: dict[str, str]
    fixed: dict[str, object] = dataclasses.field(default_factory=dict)


SIZES = {"hidden_size": "embedding_length", "intermediate_size": "feed_forward_length", "num_hidden_layers": "block_count",
         "num_attention_heads": "attention.head_count", "max_position_embeddings": "context_length"}
LLAMA_SIZES = {**SIZES, "num_key_value_heads": "attention.head_count_kv", "head_dim": "attention.key_length",
               "rms_norm_eps": "attention.layer_norm_rms_epsilon", "rope_theta": "rope.freq_base", "sliding_window": "attention.sliding_window"}
LLAMA = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head", "blk.#.attn_norm": "model.layers.#.input_layernorm",
         "blk.#.ffn_norm": "model.layers.#.post_attention_layernorm", "blk.#.attn_q": "model.layers.#.self_attn.q_proj",
         "blk.#.attn_k": "model.layers.#.self_attn.k_proj", "blk.#.attn_v": "model.layers.#.self_attn.v_proj",
         "blk.#.attn_output": "model.layers.#.self_attn.o_proj", "blk.#.ffn_gate": "model.layers.#.mlp.gate_proj",
         "blk.#.ffn_up": "model.layers.#.mlp.up_proj", "blk.#.ffn_down": "model.layers.#.mlp.down_proj"}
GPT2 = {"token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output_norm": "transformer.ln_f", "output": "lm_head",
        "blk.#.attn_norm": "transformer.h.#.ln_1", "blk.#.ffn_norm": "transformer.h.#.ln_2", "blk.#.attn_qkv": "transformer.h.#.attn.c_attn",
        "blk.#.attn_output": "transformer.h.#.attn.c_proj", "blk.#.ffn_up": "transformer.h.#.mlp.c_fc", "blk.#.ffn_down": "transformer.h.#.mlp.c_proj"}
NEOX = {"token_embd": "gpt_neox.embed_in", "output_norm": "gpt_neox.final_layer_norm", "output": "embed_out",
        "blk.#.attn_norm": "gpt_neox.layers.#.input_layernorm", "blk.#.ffn_norm": "gpt_neox.layers.#.post_attention_layernorm",
        "blk.#.attn_qkv": "gpt_neox.layers.#.attention.query_key_value", "blk.#.attn_output": "gpt_neox.layers.#.attention.dense",
        "blk.#.ffn_up": "gpt_neox.layers.#.mlp.dense_h_to_4h", "blk.#.ffn_down": "gpt_neox.layers.#.mlp.dense_4h_to_h"}
BERT = {"token_embd": "embeddings.word_embeddings", "token_types": "embeddings.token_type_embeddings", "position_embd": "embeddings.position_embeddings",
        "token_embd_norm": "embeddings.LayerNorm", "blk.#.attn_q": "encoder.layer.#.attention.self.query",
        "blk.#.attn_k": "encoder.layer.#.attention.self.key", "blk.#.attn_v": "encoder.layer.#.attention.self.value",
        "blk.#.attn_output": "encoder.layer.#.attention.output.dense", "blk.#.attn_output_norm": "encoder.layer.#.attention.output.LayerNorm",
        "blk.#.ffn_up": "encoder.layer.#.intermediate.dense", "blk.#.ffn_down": "encoder.layer.#.output.dense",
        "blk.#.layer_output_norm": "encoder.layer.#.output.LayerNorm"}

FAMILIES = {
    "llama": Family("LlamaForCausalLM", LLAMA, LLAMA_SIZES, {"model_type": "llama"}),
    "qwen2": Family("Qwen2ForCausalLM", LLAMA, LLAMA_SIZES, {"model_type": "qwen2"}),
    "gpt2": Family("GPT2LMHeadModel", GPT2, {
        "n_embd": "embedding_length", "n_inner": "feed_forward_length", "n_layer": "block_count", "n_head": "attention.head_count",
        "n_positions": "context_length", "layer_norm_epsilon": "attention.layer_norm_epsilon"}, {"rows_of_k": True}),
    "gptneox": Family("GPTNeoXForCausalLM", NEOX, {
        **SIZES, "layer_norm_eps": "attention.layer_norm_epsilon", "use_parallel_residual": "use_parallel_residual", "rope_theta": "rope.freq_base"}),
    "bert": Family("BertModel", BERT, {**SIZES, "layer_norm_eps": "attention.layer_norm_epsilon"}),
}
# Made by the file, or nothing that the program reads.
IGNORED = {"rope_freqs.weight"}


def load(path: pathlib.Path) -> Source:
    file = File(path)
    kind = file.metadata.get("general.architecture")
    if kind not in FAMILIES:
        raise Error(f"{path}: expected general.architecture to be one of {', '.join(FAMILIES)}, got {kind!r}")
    family = FAMILIES[kind]
    tensors = {rename(path, family, name): tensor for name, tensor in file.tensors.items() if name not in IGNORED}
    config = read_config(file, kind, family, tensors)
    orders = row_orders(kind, config)

    def floats(name: str, tensor: Tensor) -> np.ndarray:
        values = tensor.floats()
        order = next((order for end, order in orders.items() if re.search(end, name)), None)
        return np.ascontiguousarray(order(values)) if order else values

    stored = Tensors({name: Stored(tensor.shape, "f32") for name, tensor in tensors.items()}, str(path))
    source = folder.build(folder.find_family(config), config, stored)
    parameters = {name: (lambda name=name, tensor=tensor: floats(name, tensor)) for name, tensor in tensors.items() if f'"{name}"' in source.module
                  or f"@{name}(" in source.module}
    facts = {**source.config, **{key: config.values[key] for key in ("chat_template", "bos_token_id", "eos_token_id", "add_bos") if key in config.values},
             "stored": sorted({tensor.type.name for tensor in tensors.values()})}
    files = []
    tokenizer = read_tokenizer(file)
    if tokenizer is not None:
        work = pathlib.Path(tempfile.mkdtemp(prefix="qlinalg.gguf."))
        tokenizer.save(str(work / "tokenizer.json"))
        files = [work / "tokenizer.json"]
    return Source(source.module, parameters, source.layers, "main", facts, files)


def rename(path: pathlib.Path, family: Family, name: str) -> str:
    stem, _, part = name.rpartition(".")
    pattern = re.sub(r"\.\d+\.", ".#.", stem, count=1)
    number = re.search(r"\.(\d+)\.", stem)
    if pattern not in family.names or part not in ("weight", "bias"):
        raise Error(f"{path}: expected the tensors of {family.architecture}, got '{name}'")
    return family.names[pattern].replace("#", number[1] if number else "") + f".{part}"


def read_config(file: File, kind: str, family: Family, tensors: dict[str, Tensor]) -> Config:
    """What config.json would say."""
    metadata = file.metadata
    values: dict[str, object] = {"architectures": [family.architecture], **family.fixed}
    for key, name in family.sizes.items():
        if f"{kind}.{name}" in metadata:
            values[key] = metadata[f"{kind}.{name}"]
    embedding = next((name for name in tensors if re.search(r"(embed_tokens|wte|embed_in|word_embeddings)\.weight$", name)), None)
    if embedding:
        values["vocab_size"] = tensors[embedding].shape[0]
    head = "embed_out.weight" if kind == "gptneox" else "lm_head.weight"
    values["tie_word_embeddings"] = head not in tensors
    if kind == "llama":
        values["attention_bias"] = "model.layers.0.self_attn.q_proj.bias" in tensors
    if kind == "bert" and "embeddings.token_type_embeddings.weight" in tensors:
        values["type_vocab_size"] = tensors["embeddings.token_type_embeddings.weight"].shape[0]
    _rope(file, kind, values)
    for key, name in (("bos_token_id", "bos_token_id"), ("eos_token_id", "eos_token_id"), ("add_bos", "add_bos_token")):
        if f"tokenizer.ggml.{name}" in metadata:
            values[key] = metadata[f"tokenizer.ggml.{name}"]
    if "tokenizer.chat_template" in metadata:
        values["chat_template"] = metadata["tokenizer.chat_template"]
    return Config(values, str(file.path))


def _rope(file: File, kind: str, values: dict[str, object]) -> None:
    metadata, rope = file.metadata, {}
    dims = metadata.get(f"{kind}.rope.dimension_count")
    heads, width = values.get("num_attention_heads"), values.get("hidden_size")
    if dims and heads and width:
        rope["partial_rotary_factor"] = dims / (values.get("head_dim") or width // heads)
    scaling = metadata.get(f"{kind}.rope.scaling.type", "none")
    if "rope_freqs.weight" in file.tensors:
        # Llama 3's stretching, as the factor by which each frequency is divided.
        rope |= {"rope_type": "divided", "factors": file.tensors["rope_freqs.weight"].floats().tolist()}
    elif scaling != "none":
        rope |= {"rope_type": scaling, "factor": metadata.get(f"{kind}.rope.scaling.factor")}
        if f"{kind}.rope.scaling.original_context_length" in metadata:
            rope["original_max_position_embeddings"] = metadata[f"{kind}.rope.scaling.original_context_length"]
    if rope:
        values["rope_parameters"] = rope


def row_orders(kind: str, config: Config) -> dict[str, Rows]:
    """What undoes the orders of rows that GGUF's writers make, by the end of a tensor's name."""
    def pairs(heads: int) -> Rows:
        """Numbers that turn together lie side by side in a head; here half a head apart."""
        return lambda w: np.swapaxes(w.reshape(heads, -1, 2, *w.shape[1:]), 1, 2).reshape(w.shape)

    if kind == "llama":
        queries = config.size("num_attention_heads")
        return {r"q_proj\.(weight|bias)$": pairs(queries), r"k_proj\.(weight|bias)$": pairs(config.size("num_key_value_heads", queries))}
    if kind == "gptneox":
        heads = config.size("num_attention_heads")
        # All queries, all keys, all values; here those of a head together.
        return {r"query_key_value\.(weight|bias)$": lambda w: np.swapaxes(w.reshape(3, heads, -1, *w.shape[1:]), 0, 1).reshape(w.shape)}
    return {}
