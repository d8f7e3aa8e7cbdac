"""GGUF files for tests, byte for byte as the format's text says."""

import struct

import numpy as np

# Kinds of metadata that tests need.
U32, F32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9
TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 8}


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(item):
    """(kind, bytes)"""
    if isinstance(item, bool):
        return BOOL, struct.pack("<?", item)
    if isinstance(item, int):
        return U32, struct.pack("<I", item)
    if isinstance(item, float):
        return F32, struct.pack("<f", item)
    if isinstance(item, str):
        return STRING, text(item)
    kinds = {value(entry)[0] for entry in item}
    (kind,) = kinds or {STRING}
    return ARRAY, struct.pack("<IQ", kind, len(item)) + b"".join(value(entry)[1] for entry in item)


def encode(array, kind):
    if kind == "F32":
        return array.astype("<f4").tobytes()
    if kind == "F16":
        return array.astype("<f2").tobytes()
    groups = array.reshape(-1, 32)
    if kind == "Q8_0":
        scales = (np.abs(groups).max(axis=1, keepdims=True) / 127).astype("<f2")
        codes = np.rint(groups / scales.astype(np.float32)).astype(np.int8)
        return b"".join(s.tobytes() + c.tobytes() for s, c in zip(scales, codes))
    assert kind == "Q4_0"
    scales = (np.abs(groups).max(axis=1, keepdims=True) / 7).astype("<f2")
    codes = np.clip(np.rint(groups / scales.astype(np.float32)) + 8, 0, 15).astype(np.uint8)
    return b"".join(s.tobytes() + (c[:16] | c[16:] << 4).tobytes() for s, c in zip(scales, codes))


def gguf(metadata, tensors, version=3):
    """`tensors`: {name: (array, kind)}."""
    data = b""
    infos = b""
    for name, (array, kind) in tensors.items():
        dims = tuple(reversed(array.shape))
        infos += text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, TYPES[kind], len(data))
        own = encode(array, kind)
        data += own + bytes(-len(own) % 32)
    entries = b"".join(text(key) + struct.pack("<I", value(item)[0]) + value(item)[1] for key, item in metadata.items())
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata)) + entries + infos
    return head + bytes(-len(head) % 32) + data
