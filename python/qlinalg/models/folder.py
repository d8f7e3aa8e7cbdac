"""A Hugging Face folder (config.json, *.safetensors, tokenizer.json) as a program."""

import pathlib

from ..errors import Error
from ..source import Source
from .bert import Bert
from .config import Config, read_config
from .decoder import Builder, Decoder
from .gpt2 import GPT2
from .gpt_neox import GPTNeoX
from .llama import Llama
from .tensors import Tensors, find_files, read_tensors

FAMILIES = (GPTNeoX, Llama, GPT2, Bert)
# What belongs to a model beside its weights.
FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json", "special_tokens_map.json")


def accepts(path: pathlib.Path) -> bool:
    return path.is_dir() and (path / "config.json").exists()


def load(path: pathlib.Path) -> Source:
    config = read_config(path / "config.json")
    family = find_family(config)
    files = find_files(path)
    source = build(family, config, read_tensors(files, str(path)))
    return Source(source.module, files, source.layers, "main", source.config, [path / name for name in FILES if (path / name).exists()])


def find_family(config: Config) -> type:
    names = config.names("architectures") or []
    for family in FAMILIES:
        if any(name in family.ARCHITECTURES for name in names):
            return family
    known = ", ".join(name for family in FAMILIES for name in family.ARCHITECTURES)
    raise Error(f"{config.origin}: expected 'architectures' to be one of {known}, got {', '.join(names) or 'nothing'}")


def build(family: type, config: Config, tensors: Tensors) -> Source:
    """The program, without files: its parameters have the names of `tensors`."""
    model = family(config, tensors)
    name = (config.names("architectures") or [family.__name__])[0]
    comment = f"{name}: {model.layers} layers of {model.width}, {model.heads.keys * model.heads.group} heads of {model.heads.size}"
    facts = {"architecture": name, "vocabulary": model.vocabulary, "width": model.width, "layers": model.layers, "context": model.context}
    if not isinstance(model, Decoder):
        text, layers = model.build(tensors, comment)
        return Source(text, (), layers, "main", facts)
    builder = Builder(model, tensors, comment)
    facts |= {"cache_heads": model.heads.keys, "head_size": model.heads.size}
    for key in ("bos_token_id", "eos_token_id"):
        if key in config.values:
            facts[key] = config.values[key]
    text = builder.build()
    return Source(text, (), list(builder.noted.values()), "main", facts)
