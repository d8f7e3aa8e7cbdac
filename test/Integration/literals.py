"""Reads the constants of MLIR text: dense_resource blobs, dense hexadecimal strings and dense decimal lists."""

import re

import numpy as np
from upstream import ELEMENTS, tensor


def blobs(text):
    """The dialect resources of a module's text: {name: bytes}, without their leading 4 bytes of alignment."""
    pairs = re.findall(r'^\s*"?([^\s":]+)"?: "0x([0-9A-Fa-f]*)",?$', text, re.M)
    return {name: bytes.fromhex(data[8:]) for name, data in pairs}


def value(attribute, resources):
    """`dense<…> : tensor<…>` or `dense_resource<NAME> : tensor<…>` -> array (bf16 as uint16 bits)."""
    kind, held, shape = re.fullmatch(r"(dense|dense_resource)<(.*)> : tensor<([^>]*)>", attribute).groups()
    dims, element = tensor(shape)
    if kind == "dense_resource":
        return np.frombuffer(resources[held.strip('"')], ELEMENTS[element]).reshape(dims)
    if held.startswith('"0x'):
        return np.frombuffer(bytes.fromhex(held[3:-1]), ELEMENTS[element]).reshape(dims)
    if element == "bf16" or "0x" in held:
        raise ValueError(f"expected decimal numbers, got {held[:40]}")
    numbers = [float(n) for n in re.findall(r"[-+0-9.eE]+", held)]
    array = np.array(numbers, ELEMENTS[element])
    return np.full(dims, array[0]) if array.size == 1 else array.reshape(dims)


def literal(array, element=None):
    """array -> `dense<"0x…"> : tensor<…>`; element names the type where the array holds bits."""
    names = {np.dtype(v): k for k, v in ELEMENTS.items()}
    element = element or names[array.dtype]
    shape = "".join(f"{d}x" for d in array.shape) + element
    return f'dense<"0x{np.ascontiguousarray(array).tobytes().hex().upper()}"> : tensor<{shape}>'
