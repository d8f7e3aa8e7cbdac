"""Statistics files with NumPy alone; the format is that of include/QLinalg/Statistics/StatisticsFile.h."""

import json
import zlib

import numpy as np

TYPES = {"U8": np.uint8, "I64": np.int64, "F32": np.float32, "F64": np.float64}


def read_statistics(path):
    """{site: {column: value}}; `edges` are those of the bins, `products` the whole K x K matrix where there is one."""
    data = open(path, "rb").read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    meta = header.pop("__metadata__")
    assert (meta["format"], meta["version"]) == ("qlinalg.statistics", "1"), meta
    raw = {n: data[8 + size :][slice(*header[n]["data_offsets"])] for n in sorted(header)}
    assert f"{zlib.crc32(b''.join(raw.values())):08x}" == meta["checksum"], "damaged"
    columns = {n: np.frombuffer(raw[n], TYPES[t["dtype"]]).reshape(t["shape"]) for n, t in header.items()}
    channels, bins, full = columns["channels"], columns["bins"], columns["has_products"]
    lengths = {"channel_products": channels * (channels + 1) // 2 * full, "positive_counts": bins, "negative_counts": bins,
               "channel_magnitudes": channels, "channel_squares": channels}
    parts = {n: np.split(c, np.cumsum(lengths[n])[:-1]) if n in lengths else c for n, c in columns.items()}
    sites = {name: {n: c[i] for n, c in parts.items()} for i, name in enumerate(json.loads(meta["sites"]))}
    for site in sites.values():
        site["edges"] = (np.arange(site["first_bin"], site["first_bin"] + site["bins"] + 1).astype(np.uint32) << 17).view(np.float32)
        if site["has_products"]:
            upper = np.zeros((site["channels"], site["channels"]))
            upper[np.triu_indices(site["channels"])] = site["channel_products"]
            site["products"] = upper + np.triu(upper, 1).T
    return sites
