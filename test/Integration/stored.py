"""What quantization stores, bit for bit against the NumPy reference: in the IR and in safetensors files."""

import re

import numpy as np

import literals
import safetensors_io
import tools  # noqa: F401 (puts the reference on the path)

import floats
from qreference import stored


def expected(case, scheme):
    """(weight's root, {part: (safetensors type, array)}) of each weight."""
    for use in case.program.weights:
        w, element = case.root_value(use)
        yield use, stored(floats.from_bf16(w) if element == "bf16" else w, use.k_axes, scheme)


class Constants:
    """The constants of a module's text: resources and, for what is one number (granularity tensor), numbers."""

    def __init__(self, text):
        self.blobs = set(literals.blobs(text).values())
        self.numbers = re.findall(r"dense<([-+.0-9eE]+)> : tensor<(f32|f16|bf16|i8|i16)>", text)

    def hold(self, kind, array):
        if array.ndim > 0:
            return array.tobytes() in self.blobs
        element, read = NUMBERS[kind]
        return any(e == element and read(float(text)) == array for text, e in self.numbers)


# How MLIR prints the element type of a number, and what the printed number is in that type.
NUMBERS = {"F32": ("f32", np.float32), "F16": ("f16", np.float16), "BF16": ("bf16", lambda x: floats.to_bf16(np.float32(x))),
           "I8": ("i8", np.int8), "U8": ("i8", lambda x: np.int8(x).view(np.uint8)),
           "I16": ("i16", np.int16), "U16": ("i16", lambda x: np.int16(x).view(np.uint16))}


def check_blobs(case, scheme, text):
    """Each part of each weight must be a constant of the quantized module's text."""
    held = Constants(text)
    return [f"no constant holds the expected {part} ({kind} {list(array.shape)}) of {use.root}"
            for use, parts in expected(case, scheme)
            for part, (kind, array) in parts.items()
            if not held.hold(kind, array)]


def check_file(case, scheme, before, after, text):
    """`after` must hold each part of each weight under its name, and every other parameter that the module `text` loads,
    unchanged."""
    held, metadata = safetensors_io.read(after)
    given, _ = safetensors_io.read(before)
    failures = [] if metadata else ["expected scheme and format version in __metadata__, got none"]
    for use, parts in expected(case, scheme):
        name = case.root_name(use)
        for part, (kind, array) in parts.items():
            failures += compare(held, f"{name}.{part}", kind, array)
        given.pop(name, None)
        absent = {"codes", "scales", "zero_points"} - set(parts)
        # A symmetric uint scheme may store its constant zero point.
        absent -= {"zero_points"} if scheme.unsigned else set()
        failures += [f"expected no {name}.{part}" for part in sorted(absent) if f"{name}.{part}" in held]
    for name, (kind, array) in given.items():
        if name in held:
            failures += compare(held, name, kind, array)
        elif re.search(rf'@"?{re.escape(name)}"?[ (:]', text):
            failures.append(f"expected {name} in the file, since the module still loads it")
    return failures


def compare(held, name, kind, array):
    if name not in held:
        return [f"expected {name} in the file"]
    got_kind, got = held[name]
    if (got_kind, got.shape) != (kind, array.shape):
        return [f"{name}: expected {kind} {list(array.shape)}, got {got_kind} {list(got.shape)}"]
    if got.tobytes() != array.tobytes():
        return [f"{name}: {int((got != array).sum())} of {array.size} values differ from the reference"]
    return []
