"""Writes and shows safetensors files from their definition: u64 length, JSON header, data.

    safetensors.py write FILE NAME:DTYPE:SHAPE=HEX ...     e.g. w:F32:1,2=0000803f00000040
    safetensors.py show FILE                               one line a tensor, sorted by name; then the metadata
"""

import json
import sys


def write(path, tensors):
    header, data = {}, b""
    for tensor in tensors:
        described, content = tensor.split("=")
        name, dtype, shape = described.split(":")
        raw = bytes.fromhex(content)
        sizes = [int(size) for size in shape.split(",") if size]
        header[name] = {"dtype": dtype, "shape": sizes, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def show(path):
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    metadata = header.pop("__metadata__", {})
    for name in sorted(header):
        begin, end = header[name]["data_offsets"]
        shape = ",".join(str(size) for size in header[name]["shape"])
        print(f"{name}:{header[name]['dtype']}:{shape}={data[begin:end].hex()}")
    for key in sorted(metadata):
        print(f"{key} is {metadata[key]}")


if sys.argv[1] == "write":
    write(sys.argv[2], sys.argv[3:])
else:
    show(sys.argv[2])
