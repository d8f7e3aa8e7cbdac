"""Each instruction against values worked out by hand from the PTX ISA."""

import numpy as np
import pytest
from kernel import bits, run, value

INTEGERS = [
    # 0x80000000 is the one number whose negative is itself.
    ("add.s32 %r0, -1, 3;", 2),
    ("sub.u32 %r0, 1, 2;", 0xFFFFFFFF),
    ("mul.lo.s32 %r0, -3, 5;", 2**32 - 15),
    ("mul.hi.u32 %r0, 0xFFFFFFFF, 0xFFFFFFFF;", 0xFFFFFFFE),
    ("mul.hi.s32 %r0, -1, 5;", 0xFFFFFFFF),
    ("mad.lo.s32 %r0, 7, -2, 20;", 6),
    ("mul24.lo.s32 %r0, 0x01000002, 3;", 6),
    ("div.s32 %r0, -7, 2;", 2**32 - 3),
    ("rem.s32 %r0, -7, 2;", 2**32 - 1),
    ("div.u32 %r0, 0xFFFFFFFF, 16;", 0x0FFFFFFF),
    ("neg.s32 %r0, 0x80000000;", 0x80000000),
    ("abs.s32 %r0, -5;", 5),
    ("min.s32 %r0, -1, 1;", 0xFFFFFFFF),
    ("min.u32 %r0, 0xFFFFFFFF, 1;", 1),
    ("max.s32 %r0, -1, 1;", 1),
    ("and.b32 %r0, 12, 10;", 8),
    ("or.b32 %r0, 12, 10;", 14),
    ("xor.b32 %r0, 12, 10;", 6),
    ("not.b32 %r0, 0;", 0xFFFFFFFF),
    # Shifts stop at the width.
    ("shl.b32 %r0, 1, 31;", 0x80000000),
    ("shl.b32 %r0, 1, 32;", 0),
    ("shr.u32 %r0, 0x80000000, 31;", 1),
    ("shr.s32 %r0, 0x80000000, 40;", 0xFFFFFFFF),
    ("shf.l.wrap.b32 %r0, 0x80000000, 1, 33;", 3),
    ("shf.r.clamp.b32 %r0, 7, 0x12345678, 32;", 0x12345678),
    ("bfe.u32 %r0, 0xABCD, 4, 8;", 0xBC),
    ("bfe.s32 %r0, 0xABCD, 4, 8;", 0xFFFFFFBC),
    ("bfi.b32 %r0, 0xF, 0xAAAA0000, 4, 8;", 0xAAAA00F0),
    ("popc.b32 %r0, 0xF0F;", 8),
    ("clz.b32 %r0, 1;", 31),
    ("brev.b32 %r0, 1;", 0x80000000),
    # (a & b) ^ c is 0xF0 & 0xCC ^ 0xAA = 0x6A.
    ("mov.b32 %r1, 12; lop3.b32 %r0, %r1, 10, 3, 0x6A;", 11),
    # Bytes of {b, a} are numbered 0 to 7; selector 8 + n gives n's sign.
    ("prmt.b32 %r0, 0x33221100, 0x77665544, 0x7150;", 0x77115500),
    ("prmt.b32 %r0, 0x00008000, 0, 0x0091;", 0xFF80),
    ("dp4a.s32.s32 %r0, 0x01FF02FE, 0x03FF0405, 7;", 3 + 1 + 8 - 10 + 7),
    ("dp4a.u32.s32 %r0, 0x000000FF, 0x000000FF, 0;", 2**32 - 255),
    ("dp4a.u32.u32 %r0, 0xFFFFFFFF, 0xFFFFFFFF, 1;", 4 * 255 * 255 + 1),
    ("setp.lt.s32 %p1, -1, 0; selp.b32 %r0, 5, 6, %p1;", 5),
    ("setp.lt.u32 %p1, -1, 0; selp.b32 %r0, 5, 6, %p1;", 6),
    ("setp.eq.s32 %p2, 1, 1; setp.lt.and.s32 %p1, 1, 0, %p2; selp.b32 %r0, 5, 6, %p1;", 6),
    ("setp.gt.s32 %p1|%p2, 1, 0; selp.b32 %r0, 5, 6, %p2;", 6),
    ("setp.lt.f32 %p1, 0f7FC00000, 0f00000000; selp.b32 %r0, 5, 6, %p1;", 6),
    ("setp.ltu.f32 %p1, 0f7FC00000, 0f00000000; selp.b32 %r0, 5, 6, %p1;", 5),
    ("mov.u32 %r0, 1; setp.ne.s32 %p1, 0, 0; @%p1 mov.u32 %r0, 2; @!%p1 add.u32 %r0, %r0, 10;", 11),
    ("mov.b32 %r1, 0x12345678; mov.b32 {%h0, %h1}, %r1; mov.b32 %r0, {%h1, %h0};", 0x56781234),
    ("{ .reg .b32 %r0; mov.u32 %r0, 3; } mov.u32 %r0, 4;", 4),
    ("mov.u32 %r0, %ntid.x;", 1),
    ("mov.u32 %r0, 0; $L1: add.u32 %r0, %r0, 3; setp.lt.u32 %p1, %r0, 10; @%p1 bra $L1;", 12),
    ("mov.b32 %r1, 0; activemask.b32 %r0;", 1),
]

CONVERSIONS = [
    ("cvt.rni.s32.f32 %r0, 0f40200000;", 2),  # 2.5, ties to even
    ("cvt.rzi.s32.f32 %r0, 0fC0200000;", 2**32 - 2),  # -2.5
    ("cvt.rmi.s32.f32 %r0, 0fC0200000;", 2**32 - 3),
    ("cvt.rpi.s32.f32 %r0, 0f40200000;", 3),
    ("cvt.rzi.s32.f32 %r0, 0f4F800000;", 0x7FFFFFFF),  # 2^32 saturates
    ("cvt.rzi.u32.f32 %r0, 0fBF800000;", 0),  # so does -1
    ("cvt.rni.s32.f32 %r0, 0f7FC00000;", 0),  # NaN
    ("cvt.rn.f32.s32 %r0, 16777217;", 0x4B800000),  # 2^24 + 1, ties to even
    ("cvt.rp.f32.s32 %r0, 16777217;", 0x4B800001),
    ("cvt.rn.f32.u32 %r0, 0xFFFFFFFF;", 0x4F800000),
    ("cvt.rz.f32.u32 %r0, 0xFFFFFFFF;", 0x4F7FFFFF),
    ("cvt.rni.f32.f32 %r0, 0f3FC00000;", 0x40000000),  # 1.5 to 2
    ("cvt.sat.f32.f32 %r0, 0f40000000;", 0x3F800000),
    ("cvt.sat.s8.s32 %r0, 300;", 127),
    ("cvt.sat.s8.s32 %r0, -300;", 2**32 - 128),
    ("cvt.s8.s32 %r0, 200;", 2**32 - 56),  # extended by its sign
    ("cvt.u8.u32 %r0, 0x1FF;", 0xFF),
    ("mov.b32 %r1, 0x80; cvt.u16.u32 %h0, %r1; cvt.s32.s8 %r0, %h0;", 2**32 - 128),
    ("cvt.pack.sat.s8.s32.b32 %r0, 300, -300, 0x1234;", 0x1234_7F80),
    ("cvt.pack.sat.u8.s32.b32 %r0, 300, -300, 0;", 0xFF00),
    # f16: 1 is 0x3C00; 1 + 2^-11 ties to even, 65520 is the first that rounds to infinity.
    ("cvt.rn.f16.f32 %h0, 0f3F801000; cvt.u32.u16 %r0, %h0;", 0x3C00),
    ("cvt.rn.f16.f32 %h0, 0f3F801001; cvt.u32.u16 %r0, %h0;", 0x3C01),
    ("cvt.rz.f16.f32 %h0, 0f3F801FFF; cvt.u32.u16 %r0, %h0;", 0x3C00),
    ("cvt.rn.f16.f32 %h0, 0f477FF000; cvt.u32.u16 %r0, %h0;", 0x7C00),
    ("mov.b16 %h0, 0x3C01; cvt.f32.f16 %r0, %h0;", 0x3F802000),
    ("cvt.rn.bf16.f32 %h0, 0f3F808000; cvt.u32.u16 %r0, %h0;", 0x3F80),
    ("cvt.rn.bf16.f32 %h0, 0f3F818000; cvt.u32.u16 %r0, %h0;", 0x3F82),
    ("mov.b16 %h0, 0x4049; cvt.f32.bf16 %r0, %h0;", 0x40490000),
    # The first source goes to the upper half.
    ("cvt.rn.f16x2.f32 %r0, 0f3F800000, 0f40000000;", 0x3C004000),
    ("cvt.rn.bf16x2.f32 %r0, 0f3F800000, 0f40000000;", 0x3F804000),
    # tf32 cuts 13 bits; rna: half away from zero.
    ("cvt.rna.tf32.f32 %r0, 0f3F801000;", 0x3F802000),
    ("cvt.rna.tf32.f32 %r0, 0f3F800FFF;", 0x3F800000),
    # e4m3: 1 is 0x38, 448 the largest 0x7E; 1.0625 = 1 + half a step ties to even.
    ("cvt.rn.satfinite.e4m3x2.f32 %h0, 0f3F800000, 0f44000000; cvt.u32.u16 %r0, %h0;", 0x387E),
    ("cvt.rn.satfinite.e4m3x2.f32 %h0, 0f3F880000, 0fC4000000; cvt.u32.u16 %r0, %h0;", 0x38FE),
    ("mov.b16 %h0, 0x3839; cvt.rn.f16x2.e4m3x2 %r0, %h0;", 0x3C003C80),
    ("mov.b16 %h0, 0x3C3D; cvt.rn.f16x2.e5m2x2 %r0, %h0;", 0x3C003D00),
]


@pytest.mark.parametrize("text, expected", INTEGERS + CONVERSIONS)
def test_bits(text, expected):
    assert hex(value(text)) == hex(expected)


ONE_MORE = 1 + 2.0**-23  # the f32 after 1
FLOATS = [
    ("add.rn.f32 %r0, {a}, {b};", (1.0, 2.0**-24), 1.0),  # a tie
    ("add.rn.f32 %r0, {a}, {b};", (ONE_MORE, 2.0**-24), 1 + 2.0**-22),
    ("add.rp.f32 %r0, {a}, {b};", (1.0, 2.0**-40), ONE_MORE),
    ("add.rz.f32 %r0, {a}, {b};", (1.0, -(2.0**-40)), 1 - 2.0**-24),
    ("sub.f32 %r0, {a}, {b};", (1.0, 3.0), -2.0),
    ("mul.f32 %r0, {a}, {b};", (ONE_MORE, ONE_MORE), 1 + 2.0**-22),
    # (1 + u)^2 - (1 + 2u) = u^2 survives one rounding, not two.
    ("fma.rn.f32 %r0, {a}, {a}, {b};", (ONE_MORE, -(1 + 2.0**-22)), 2.0**-46),
    ("mul.ftz.f32 %r0, {a}, {b};", (2.0**-100, 2.0**-30), 0.0),
    ("mul.f32 %r0, {a}, {b};", (2.0**-100, 2.0**-30), 2.0**-130),
    ("add.sat.f32 %r0, {a}, {b};", (1.0, 3.0), 1.0),
    ("div.rn.f32 %r0, {a}, {b};", (1.0, 3.0), np.float32(1) / np.float32(3)),
    ("rcp.rn.f32 %r0, {a};", (4.0,), 0.25),
    ("rcp.approx.ftz.f32 %r0, {a};", (0.0,), np.inf),
    ("sqrt.rn.f32 %r0, {a};", (9.0,), 3.0),
    ("rsqrt.approx.f32 %r0, {a};", (0.25,), 2.0),
    ("ex2.approx.f32 %r0, {a};", (-3.0,), 0.125),
    ("lg2.approx.f32 %r0, {a};", (8.0,), 3.0),
    ("tanh.approx.f32 %r0, {a};", (0.0,), 0.0),
    ("min.f32 %r0, {a}, {b};", (np.nan, 2.0), 2.0),
    ("max.NaN.f32 %r0, {a}, {b};", (np.nan, 2.0), np.nan),
    ("max.f32 %r0, {a}, {b};", (-0.0, 0.0), 0.0),
    ("neg.f32 %r0, {a};", (2.0,), -2.0),
    ("abs.f32 %r0, {a};", (-2.0,), 2.0),
    ("copysign.f32 %r0, {a}, {b};", (-2.0, 3.0), -3.0),
]


@pytest.mark.parametrize("text, sources, expected", FLOATS)
def test_f32(text, sources, expected):
    got = value(text.format(**{n: bits(x, "f4") for n, x in zip("ab", sources)}), "f4")
    assert np.array(expected, "f4").tobytes() == got.tobytes() or np.isnan(expected) and np.isnan(got)


PACKED = [
    # (1, 2) times (3, 0.5), plus (1, 1): the low half first.
    ("mov.b32 %r1, 0x40003C00; mov.b32 %r2, 0x38004200; mul.f16x2 %r0, %r1, %r2;", 0x3C004200),
    ("mov.b32 %r1, 0x40003C00; mov.b32 %r2, 0x38004200; mov.b32 %r3, 0x3C003C00; fma.rn.f16x2 %r0, %r1, %r2, %r3;", 0x40004400),
    ("mov.b32 %r1, 0x64016402; mov.b32 %r2, 0x64006400; sub.f16x2 %r0, %r1, %r2;", 0x3C004000),
    ("mov.b32 %r1, 0x40003F80; mov.b32 %r2, 0x40403F80; fma.rn.bf16x2 %r0, %r1, %r1, %r2;", 0x40E04000),
    ("mov.b16 %h1, 0x3C01; mov.b16 %h2, 0x3C01; mul.f16 %h0, %h1, %h2; cvt.u32.u16 %r0, %h0;", 0x3C02),
]


@pytest.mark.parametrize("text, expected", PACKED)
def test_packed(text, expected):
    assert hex(value(text)) == hex(expected)


def test_64_bits():
    assert value("mul.wide.s32 %d0, -2, 0x7FFFFFFF;", "i8") == -2 * 0x7FFFFFFF
    assert value("mov.u64 %d1, 0x123456789ABCDEF0; shr.u64 %d0, %d1, 36;", "u8") == 0x1234567
    assert value("mov.u64 %d1, 0xFFFFFFFFFFFFFFFF; mul.hi.u64 %d0, %d1, %d1;", "u8") == 2**64 - 2
    third = bits(1 / 3, "f8")
    # 3 * (1/3 rounded) - 1 = -2^-54 exactly.
    assert value(f"fma.rn.f64 %d0, {third}, {bits(3.0, 'f8')}, {bits(-1.0, 'f8')};", "f8") == -(2.0**-54)
    assert value(f"cvt.f64.f32 %d0, {bits(1.5, 'f4')};", "f8") == 1.5


def test_shuffles():
    lanes = np.arange(32)
    for text, expected in [
        ("shfl.sync.bfly.b32 %r0, %r60, 1, 31, -1;", lanes ^ 1),
        ("shfl.sync.up.b32 %r0, %r60, 2, 0, -1;", np.maximum(lanes - 2, 0) + np.where(lanes < 2, lanes, 0)),
        ("shfl.sync.down.b32 %r0, %r60, 30, 31, -1;", np.where(lanes < 2, lanes + 30, lanes)),
        ("shfl.sync.idx.b32 %r0, %r60, 5, 31, -1;", lanes * 0 + 5),
        # Segments of 8 lanes: c = (32 - 8) << 8 | 31.
        ("shfl.sync.idx.b32 %r0, %r60, 5, 0x181F, -1;", lanes // 8 * 8 + 5),
        ("shfl.sync.down.b32 %r0|%p1, %r60, 6, 0x181F, -1; @!%p1 mov.u32 %r0, 99;", np.where(lanes % 8 < 2, lanes + 6, 99)),
        ("redux.sync.add.s32 %r0, %r60, -1;", lanes * 0 + 496),
        ("redux.sync.max.u32 %r0, %r60, -1;", lanes * 0 + 31),
        ("setp.lt.u32 %p1, %r60, 3; vote.sync.ballot.b32 %r0, %p1, -1;", lanes * 0 + 7),
        ("setp.lt.u32 %p1, %r60, 3; vote.sync.any.pred %p2, %p1, -1; selp.b32 %r0, 1, 0, %p2;", lanes * 0 + 1),
    ]:
        assert np.array_equal(run(text + " st.global.u32 [%d15], %r0;")[0], expected), text


def test_vectors_and_atomics():
    data = np.arange(64, dtype=np.uint32)
    text = """mul.wide.u32 %d1, %r60, 16; add.u64 %d2, %d13, %d1; ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%d2];
    add.u32 %r0, %r1, %r4; st.global.u32 [%d15], %r0;"""
    assert np.array_equal(run(text, threads=16, data=data)[0], 8 * np.arange(16) + 3)
    # Each of 64 threads takes a number, in two blocks; 64 bits of f32 sums are exact here.
    got, _ = run("atom.global.add.u32 %r0, [%d13], 1; st.global.u32 [%d15], %r0;", blocks=2)
    assert sorted(got) == list(range(64))
    got, _ = run("atom.global.cas.b32 %r0, [%d13], 0, 7; st.global.u32 [%d15], %r0;")
    assert sorted(got) == [0] + [7] * 31
    got, _ = run("red.global.add.f32 [%d13], 0f3F800000; bar.sync 0; ld.relaxed.gpu.global.u32 %r0, [%d13]; "
                 "st.global.u32 [%d15], %r0;")
    assert (got.view("f4") == 32).all()
