"""mma.sync and ldmatrix: the fragments are spelled here as the tables of the PTX ISA spell them, element by element."""

import ml_dtypes
import numpy as np
import pytest
from kernel import run

# (row, column) of element i of lane (g, t), as in the ISA's section of each shape.
TABLES = {
    "m16n8k32.8": (lambda i, g, t: (g if i < 4 or 8 <= i < 12 else g + 8, t * 4 + (i & 3) + (0 if i < 8 else 16)),
                   lambda i, g, t: (t * 4 + (i & 3) + (0 if i < 4 else 16), g)),
    "m16n8k16.8": (lambda i, g, t: (g if i < 4 else g + 8, t * 4 + (i & 3)), lambda i, g, t: (t * 4 + i, g)),
    "m8n8k16.8": (lambda i, g, t: (g, t * 4 + i), lambda i, g, t: (t * 4 + i, g)),
    "m16n8k16.16": (lambda i, g, t: (g if i < 2 or 4 <= i < 6 else g + 8, t * 2 + (i & 1) + (0 if i < 4 else 8)),
                    lambda i, g, t: (t * 2 + (i & 1) + (0 if i < 2 else 8), g)),
    "m16n8k8.16": (lambda i, g, t: (g if i < 2 else g + 8, t * 2 + (i & 1)), lambda i, g, t: (t * 2 + i, g)),
    "m16n8k8.32": (lambda i, g, t: (g if i in (0, 2) else g + 8, t if i in (0, 1) else t + 4),
                   lambda i, g, t: (t if i == 0 else t + 4, g)),
    "m16n8k4.32": (lambda i, g, t: (g if i == 0 else g + 8, t), lambda i, g, t: (t, g)),
}
CASES = [
    ("m16n8k32", "s8", "s8", "s32", np.int8, np.int8), ("m16n8k32", "u8", "s8", "s32", np.uint8, np.int8),
    ("m16n8k16", "s8", "s8", "s32", np.int8, np.int8), ("m8n8k16", "s8", "s8", "s32", np.int8, np.int8),
    ("m8n8k16", "s8", "u8", "s32", np.int8, np.uint8),
    ("m16n8k32", "e4m3", "e4m3", "f32", ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e4m3fn),
    ("m16n8k16", "f16", "f16", "f32", np.float16, np.float16), ("m16n8k16", "f16", "f16", "f16", np.float16, np.float16),
    ("m16n8k16", "bf16", "bf16", "f32", ml_dtypes.bfloat16, ml_dtypes.bfloat16),
    ("m16n8k8", "f16", "f16", "f32", np.float16, np.float16), ("m16n8k8", "tf32", "tf32", "f32", np.float32, np.float32),
    ("m16n8k4", "tf32", "tf32", "f32", np.float32, np.float32),
]


def words_of(matrix, table, count):
    """[registers, 32 lanes] of u32."""
    lanes = [[matrix[table(i, lane // 4, lane % 4)] for i in range(count)] for lane in range(32)]
    return np.array(lanes, matrix.dtype).view(np.uint32).reshape(32, -1).T


def integers_of(rng, shape, dtype):
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    return rng.integers(-8, 9, shape).astype(np.float32).astype(dtype)  # their sums are exact in f16 too


@pytest.mark.parametrize("shape, a_kind, b_kind, d_kind, a_type, b_type", CASES)
def test_mma(shape, a_kind, b_kind, d_kind, a_type, b_type):
    rng = np.random.default_rng(7)
    m, k = int(shape[1 : shape.index("n")]), int(shape[shape.index("k") + 1 :])
    a, b = integers_of(rng, (m, k), a_type), integers_of(rng, (k, 8), b_type)
    c = rng.integers(-99, 99, (m, 8))
    table_a, table_b = TABLES[f"{shape}.{a.dtype.itemsize * 8}"]
    words = [*words_of(a, table_a, m * k // 32), *words_of(b, table_b, k * 8 // 32)]
    # c0, c1 are the row g and the columns 2 t and 2 t + 1, c2 and c3 the row g + 8.
    table_c = lambda i, g, t: (g if i < 2 else g + 8, t * 2 + (i & 1))  # noqa: E731
    accumulators = c.astype({"s32": np.int32, "f32": np.float32, "f16": np.float16}[d_kind])
    words += [*words_of(accumulators, table_c, m * 8 // 32)]
    count = len(words)
    loads = "".join(f"ld.global.u32 %r{n}, [%d1+{128 * n}]; " for n in range(count))
    lists = [m * k // 32 * a.dtype.itemsize // 4, k * 8 // 32 * a.dtype.itemsize // 4]
    names = [f"%r{n}" for n in range(count)]
    d_count = count - sum(lists)
    parts = [names[: lists[0]], names[lists[0] : sum(lists)], names[sum(lists) :], [f"%r{40 + n}" for n in range(d_count)]]
    vectors = ["{" + ", ".join(p) + "}" for p in parts]
    stores = "".join(f"st.global.u32 [%d15+{128 * n}], %r{40 + n}; " for n in range(d_count))
    got, counters = run(
        f"mul.wide.u32 %d1, %r60, 4; add.u64 %d1, %d1, %d13; {loads}"
        f"mma.sync.aligned.{shape}.row.col.{d_kind}.{a_kind}.{b_kind}.{d_kind} {vectors[3]}, {vectors[0]}, {vectors[1]}, {vectors[2]};"
        + stores, data=np.array(words), results=d_count)
    expected = a.astype(np.float64) @ b.astype(np.float64) + c
    got = got.reshape(d_count, 32).T.copy().view(accumulators.dtype)
    for lane in range(32):
        for i in range(got.shape[1]):
            assert got[lane, i] == expected[table_c(i, lane // 4, lane % 4)]
    assert counters.count("mma.sync") == 1


@pytest.mark.parametrize("count, trans", [(1, ""), (2, ""), (4, ""), (4, ".trans"), (1, ".trans")])
def test_ldmatrix(count, trans):
    """Matrix n stands in rows 8 n to 8 n + 7 of 16 bytes; lane l gives the address of row l."""
    data = np.arange(32 * 8, dtype=np.uint16).view(np.uint32)
    targets = "{" + ", ".join(f"%r{n}" for n in range(count)) + "}"
    got, counters = run(
        "mul.wide.u32 %d1, %r60, 16; add.u64 %d1, %d1, %d13; ld.global.v4.u32 {%r10, %r11, %r12, %r13}, [%d1];"
        "mov.u32 %r20, tile; shl.b32 %r21, %r60, 4; add.u32 %r20, %r20, %r21;"
        "st.shared.v4.u32 [%r20], {%r10, %r11, %r12, %r13}; bar.warp.sync -1;"
        f"ldmatrix.sync.aligned.m8n8.x{count}{trans}.shared.b16 {targets}, [%r20];"
        + "".join(f"st.global.u32 [%d15+{128 * n}], %r{n}; " for n in range(count)),
        data=data, results=count, variables=".shared .align 16 .b8 tile[512];\n")
    got = got.reshape(count, 32).copy().view(np.uint16).reshape(count, 32, 2)
    for n in range(count):
        matrix = np.arange(64).reshape(8, 8) + 64 * n
        for lane in range(32):
            g, t = lane // 4, lane % 4
            expected = [matrix[2 * t + j, g] if trans else matrix[g, 2 * t + j] for j in (0, 1)]
            assert got[n, lane].tolist() == expected
    assert sum(counters.conflicts.values()) == 0
