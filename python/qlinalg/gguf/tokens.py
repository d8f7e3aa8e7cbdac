"""A GGUF file's tokenizer as one of the `tokenizers` library: byte-level BPE ("gpt2"), SentencePiece BPE ("llama"), WordPiece ("bert")."""

import json

from ..errors import Error
from .reader import File

# How text is cut before BPE, by tokenizer.ggml.pre; the patterns are those of the models' own tokenizer.json.
DIGITS_ALONE = {"smollm", "starcoder", "command-r", "refact", "codeshell", "default-digits"}
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CONTROL, USER = 3, 4
NORMAL, UNKNOWN, BYTE = 1, 2, 6


def read_tokenizer(file: File):
    """A `tokenizers.Tokenizer`, or None where the file has no tokens."""
    import tokenizers

    metadata = file.metadata
    tokens = metadata.get("tokenizer.ggml.tokens")
    if tokens is None:
        return None
    kind = metadata.get("tokenizer.ggml.model")
    kinds = metadata.get("tokenizer.ggml.token_type") or [NORMAL] * len(tokens)
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens) or len(kinds) != len(tokens):
        raise Error(f"{file.path}: expected tokenizer.ggml.tokens to be strings with a type each, got {len(tokens)} and {len(kinds)}")
    make = {"gpt2": _byte_level, "llama": _sentence_piece, "bert": _word_piece}.get(kind)
    if make is None:
        raise Error(f"{file.path}: expected tokenizer.ggml.model to be gpt2, llama or bert, got {kind!r}")
    try:
        tokenizer = make(file, tokens, kinds)
    except Error:
        raise
    # The library's own errors have no class of their own.
    except Exception as error:
        raise Error(f"{file.path}: expected a tokenizer whose parts fit, got {error}") from None
    special = [tokenizers.AddedToken(token, special=kind == CONTROL, normalized=False) for token, kind in zip(tokens, kinds) if kind in (CONTROL, USER)]
    tokenizer.add_tokens([token for token in special if not token.special])
    tokenizer.add_special_tokens([token for token in special if token.special])
    return tokenizer


def _merges(file: File) -> list[tuple[str, str]]:
    merges = file.metadata.get("tokenizer.ggml.merges")
    if not isinstance(merges, list):
        raise Error(f"{file.path}: expected tokenizer.ggml.merges, got none")
    pairs = [tuple(merge.split(" ")) for merge in merges]
    if any(len(pair) != 2 for pair in pairs):
        raise Error(f"{file.path}: expected merges of two tokens each, got others")
    return pairs


def _byte_level(file: File, tokens: list[str], kinds: list[int]):
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=_merges(file)))
    pre = file.metadata.get("tokenizer.ggml.pre", "default")
    whole = {"llama-bpe": LLAMA3, "llama3": LLAMA3, "qwen2": QWEN2}.get(pre)
    if whole:
        cut = [pre_tokenizers.Split(Regex(whole), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    else:
        cut = [pre_tokenizers.Digits(individual_digits=True)] if pre in DIGITS_ALONE else []
        cut.append(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cut)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _sentence_piece(file: File, tokens: list[str], kinds: list[int]):
    """Without merges in the file: two tokens are joined where the result is a token, the one of the greatest score first."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    scores = file.metadata.get("tokenizer.ggml.scores")
    if not isinstance(scores, list) or len(scores) != len(tokens):
        raise Error(f"{file.path}: expected tokenizer.ggml.scores, one for each of {len(tokens)} tokens")
    vocabulary = {token: i for i, token in enumerate(tokens)}
    merges = []
    for token, kind in zip(tokens, kinds):
        if kind == NORMAL:
            ways = [(token[:i], token[i:]) for i in range(1, len(token)) if token[:i] in vocabulary and token[i:] in vocabulary]
            merges += sorted(ways, key=lambda way: (vocabulary[way[0]], vocabulary[way[1]]))
    merges.sort(key=lambda way: -scores[vocabulary[way[0] + way[1]]])
    unknown = next((token for token, kind in zip(tokens, kinds) if kind == UNKNOWN), None)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=unknown, fuse_unk=True, byte_fallback=BYTE in kinds))
    prefix = [normalizers.Prepend("\u2581")] if file.metadata.get("tokenizer.ggml.add_space_prefix", True) else []
    tokenizer.normalizer = normalizers.Sequence([*prefix, normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


def _word_piece(file: File, tokens: list[str], kinds: list[int]):
    """The file marks where words begin, the library where they go on."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    def original(token: str, kind: int) -> str:
        return token if kind in (CONTROL, UNKNOWN) else token[1:] if token.startswith("\u2581") else "##" + token

    unknown = tokens[file.metadata.get("tokenizer.ggml.unknown_token_id", 0)]
    vocabulary = {original(token, kind): i for i, (token, kind) in enumerate(zip(tokens, kinds))}
    tokenizer = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer
