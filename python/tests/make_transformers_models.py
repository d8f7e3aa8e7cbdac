"""Small models with random weights and what transformers says of them: FOLDER/NAME/{config.json, model.safetensors, expected.npz}.

    python make_transformers_models.py FOLDER

`in0..` are the arguments of @main, `out0..` its results, `shown0..` where they count.
"""

import pathlib
import sys

import numpy as np
import torch
import transformers

SIZES = {"vocab_size": 96, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SIZES, "num_key_value_heads": 2}


def llama(**others):
    return transformers.LlamaForCausalLM, transformers.LlamaConfig(**{**GROUPED, **others})


def rope(**parameters):
    return {"rope_parameters": {"rope_theta": 100.0, "factor": 4.0, **parameters}, "max_position_embeddings": 64}


CASES = {
    "llama": llama(head_dim=16, tie_word_embeddings=True),
    "llama3": llama(**rope(rope_type="llama3", low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "linear": llama(**rope(rope_type="linear"), attention_bias=True, mlp_bias=True),
    "yarn": llama(**rope(rope_type="yarn", original_max_position_embeddings=16)),
    "qwen2": (transformers.Qwen2ForCausalLM, transformers.Qwen2Config(**GROUPED, use_sliding_window=True, sliding_window=4, max_window_layers=1)),
    "gpt_neox": (transformers.GPTNeoXForCausalLM, transformers.GPTNeoXConfig(
        **SIZES, rotary_pct=0.5, use_parallel_residual=False, attention_bias=False, hidden_act="gelu_new", tie_word_embeddings=True)),
    "gpt2": (transformers.GPT2LMHeadModel, transformers.GPT2Config(
        vocab_size=96, n_embd=48, n_layer=2, n_head=3, n_positions=64, scale_attn_by_inverse_layer_idx=True, bos_token_id=0, eos_token_id=0)),
    "bert": (transformers.BertModel, transformers.BertConfig(**SIZES, max_position_embeddings=64)),
    "roberta": (transformers.RobertaModel, transformers.RobertaConfig(**SIZES, max_position_embeddings=64, type_vocab_size=1, pad_token_id=1)),
}


def expect(name, model):
    """Arguments, results, and where these count."""
    draw = np.random.default_rng(0)
    tokens = draw.integers(2, 96, (2, 11))
    if name not in ("bert", "roberta"):
        (result,) = (model(torch.tensor(tokens)).logits,)
        return [tokens], [result.numpy()], [np.ones((2, 11), bool)]
    mask = np.ones_like(tokens)
    mask[1, 7:] = 0
    types = draw.integers(0, model.config.type_vocab_size, (2, 11))
    if name == "roberta":
        tokens[1, 7:] = model.config.pad_token_id
    result = model(torch.tensor(tokens), attention_mask=torch.tensor(mask), token_type_ids=torch.tensor(types))
    return [tokens, mask, types], [result[0].numpy(), result[1].numpy()], [mask.astype(bool), np.ones(2, bool)]


def main(out):
    torch.manual_seed(0)
    for name, (kind, config) in CASES.items():
        config.initializer_range = 0.15
        model = kind(config).eval().float()
        with torch.no_grad():
            # Biases start as zeros and norms as ones: what is left out would not be missed.
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
            model.save_pretrained(out / name)
            arrays = expect(name, model)
        np.savez(out / name / "expected.npz", **{f"{key}{i}": array for key, values in zip(("in", "out", "shown"), arrays)
                                                 for i, array in enumerate(values)})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
