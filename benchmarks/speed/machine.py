"""The processor: its name, its last cache, and the limits that speed/Limits.cpp measures."""

import ctypes
import os
from pathlib import Path


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def features():
    """Those that decide which kernels are taken, by Linux's names."""
    wanted = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm")
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("flags", "Features")):
            return [flag for flag in wanted if flag in line.split()]
    return []


def last_cache_bytes():
    """Of the first processor: what the system says of the slice that it sees, or what the C library says."""
    units = {"K": 2**10, "M": 2**20}
    sizes = [(path / "size").read_text().strip()
             for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*") if (path / "size").exists()]
    if sizes:
        return max(int(size[:-1]) * units[size[-1]] for size in sizes)
    return max(os.sysconf("SC_LEVEL3_CACHE_SIZE"), 2**25)


class Limit:
    def __init__(self, native, index):
        self.native, self.index = native, index
        self.name = native.speed_limit_name(index).decode()
        self.kind = native.speed_limit_kind(index).decode()
        self.unit = "GB/s" if self.kind == "read" else "GMAC/s"

    def measure(self, threads):
        return self.native.speed_limit_measure(self.index, threads)


def load(path):
    """The library of this folder's C++ files."""
    native = ctypes.CDLL(str(path))
    native.speed_limit_name.restype = native.speed_limit_kind.restype = ctypes.c_char_p
    native.speed_limit_measure.restype = ctypes.c_double
    return native


def limits(native):
    return [Limit(native, i) for i in range(native.speed_limit_count())]
