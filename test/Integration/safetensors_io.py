"""Reads and writes safetensors files: 8 bytes of header length, a JSON header, the bytes.

Tensors are {name: (type, array)} with the format's own type names; types that NumPy lacks are held as bits
(BF16 as uint16, F8_E4M3 as uint8).
"""

import json
import pathlib

import numpy as np

TYPES = dict(F64=np.float64, F32=np.float32, F16=np.float16, BF16=np.uint16, I64=np.int64, I32=np.int32,
             I16=np.int16, U16=np.uint16, I8=np.int8, U8=np.uint8, F8_E4M3=np.uint8, BOOL=np.bool_)


def write(path, tensors):
    header, position = {}, 0
    for name, (kind, array) in tensors.items():
        size = array.nbytes
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the format asks for aligned data
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for _, array in tensors.values():
            f.write(np.ascontiguousarray(array).tobytes())


def read(path):
    """({name: (type, array)}, metadata)."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (start + p for p in entry["data_offsets"])
        array = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = (entry["dtype"], array)
    return tensors, metadata
