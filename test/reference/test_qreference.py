"""The NumPy reference against values worked out by hand. Run with pytest in this folder."""

import floats
import numpy as np
import pytest
from activations import dequantize_tokens, integer_matmul, quantize_tokens
from metrics import metrics
from qreference import Scheme, dequantize, quantize, round_trip, stored
from rows import as_rows, from_rows, pack_rows, unpack_rows

F32 = np.float32


def codes(values, options):
    c, s, z = quantize(np.array(values, F32), Scheme.parse(options))
    return c.tolist(), np.asarray(s, np.float64).tolist(), None if z is None else z.tolist()


def test_symmetric_int8_rounds_half_to_even():
    # scale = 127 / 127 = 1; halves go to the even neighbour.
    assert codes([[127, 0.5, 1.5, 2.5, -0.5, -1.5, -126.5]], "weights=int8") == (
        [[127, 0, 2, 2, 0, -2, -126]], [1.0], None)


def test_symmetric_int4_int2_uint4():
    assert codes([[7, -7, 3.4, 0.5]], "weights=int4 granularity=channel") == ([[7, -7, 3, 0]], [1.0], None)
    assert codes([[2, -2, 0.9, -1.1]], "weights=int2 granularity=channel") == ([[1, -1, 0, -1]], [2.0], None)
    assert codes([[7, -7, 3.4, 0]], "weights=uint4 granularity=channel symmetric=true") == (
        [[15, 1, 11, 8]], [1.0], [8])


def test_affine():
    # range [-5, 10], 15 steps: scale 1, zero 5; 2.5 / 1 rounds to 2, then + 5.
    assert codes([[-5, 10, 2.5, 0]], "weights=uint4 granularity=channel") == ([[0, 15, 7, 5]], [1.0], [5])
    assert codes([[-5, 10, 2.5, 0]], "weights=int4 granularity=channel symmetric=false") == (
        [[-8, 7, -1, -3]], [1.0], [-3])
    # All positive: the range is widened down to 0, so zero is 0 and the largest is 3.
    assert codes([[6, 3, 4, 5]], "weights=uint2 granularity=channel") == ([[3, 2, 2, 2]], [2.0], [0])
    # All negative: widened up to 0.
    assert codes([[-6, -2]], "weights=uint2 granularity=channel") == ([[0, 2]], [2.0], [3])


def test_16_bits():
    # scale 1, then 65535 steps from -32767 to 32768: halves go to the even neighbour before the zero point is added.
    assert codes([[32767, -32767, 0.5, 1.5]], "weights=int16") == ([[32767, -32767, 0, 2]], [1.0], None)
    assert codes([[-32767, 32768, 0.5, 1.5]], "weights=uint16") == ([[0, 65535, 32767, 32769]], [1.0], [32767])
    assert codes([[-32767, 32768, 0.5, 1.5]], "weights=int16 symmetric=false") == ([[-32768, 32767, -1, 1]], [1.0], [-1])


def test_groups_with_a_shorter_last_one():
    assert codes([[7, 1, 14, 2, 21], [0, 0, 7, 7, 70]], "weights=int4 group=2") == (
        [[7, 1, 7, 1, 7], [0, 0, 7, 7, 7]], [[1, 2, 3], [1, 1, 10]], None)
    assert codes([[7, 1]], "weights=int4 group=5") == ([[7, 1]], [[1.0]], None)
    assert codes([[7, 1], [14, 2]], "weights=int4 granularity=tensor") == ([[4, 0], [7, 1]], 2.0, None)


def test_defaults():
    assert (Scheme("int8").granularity, Scheme("f8E4M3FN").granularity) == ("channel", "channel")
    assert (Scheme("int4").granularity, Scheme("int4").group, Scheme("nf4").group) == ("group", 32, 64)
    assert Scheme("uint8").affine and not Scheme("int8").affine and not Scheme("nf4").affine
    assert Scheme.parse("weights=int8 group=16 activations=dynamic").granularity == "group"


def test_nf4_levels_and_fp4_ties():
    c, s, z = quantize(2 * floats.NF4[None], Scheme("nf4"))
    assert c.tolist() == [list(range(16))] and s.tolist() == [[2.0]] and z is None
    # scale 1; 0.25 is between 0 and 0.5: index 0; 0.75: index 2; 1.25: 2; 1.75: 4; 2.5: 4; 3.5: 6; 5: 6.
    x = [[6, 0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, -0.25, -0.75, -5, -6]]
    assert codes(x, "weights=fp4")[0] == [[7, 0, 2, 2, 4, 4, 6, 6, 0, 10, 14, 15]]
    assert dequantize(*quantize(np.array(x), Scheme("fp4")), Scheme("fp4"))[0, :4].tolist() == [6, 0, 1, 1]


def test_f8():
    assert floats.from_f8([0, 1, 7, 8, 0x38, 0x7E, 0xB8]).tolist() == [
        0, 2**-9, 7 * 2**-9, 2**-6, 1, 448, -1]
    assert np.isnan(floats.from_f8([0x7F, 0xFF])).all()
    # 17 lies between 16 and 18: even mantissa (16 = 0x58); 19 between 18 and 20: 20 = 0x5A; 500 saturates.
    assert floats.to_f8([17, 19, 500, -500, 2**-10, 3 * 2**-10, -0.0]).tolist() == [
        0x58, 0x5A, 0x7E, 0xFE, 0, 2, 0x80]
    every = np.arange(256)
    assert (floats.to_f8(floats.from_f8(every))[every & 0x7F != 0x7F] == every[every & 0x7F != 0x7F]).all()
    assert codes([[896, -2]], "weights=f8E4M3FN") == ([[0x7E, 0xB8]], [2.0], None)


def test_bf16_and_f16():
    # 1 + 2^-8 is halfway between two bf16: to the even 1.0; 1 + 3 * 2^-8 to 1 + 2^-6.
    assert floats.to_bf16([1, 1 + 2**-8, 1 + 3 * 2**-8, -2, 2.0**-133]).tolist() == [
        0x3F80, 0x3F80, 0x3F82, 0xC000, 1]
    assert floats.from_bf16([0x3F80, 0xC000]).tolist() == [1, -2]
    assert np.isnan(floats.from_bf16(floats.to_bf16(np.nan)))
    assert quantize(np.array([[1.0, 1 + 2**-11]]), Scheme("f16"))[0].view(np.uint16).tolist() == [[0x3C00, 0x3C00]]
    with pytest.raises(OverflowError):
        quantize(np.array([[65520.0]]), Scheme("f16"))


def test_scales_are_cast_first():
    # 127 * 2^-25 / 127 = 2^-25 would be 0 in f16 (ties to even): it becomes 2^-24, and the codes use that.
    c, s, _ = codes([[127 * 2.0**-25, 2.0**-24]], "weights=int8 scales=f16")
    assert (c, s) == ([[64, 1]], [2.0**-24])
    # 1 + 2^-9 becomes 1 in bf16: w / scale = 127 + 127/512 -> 127.
    assert codes([[127 * (1 + 2**-9), 1]], "weights=int8 scales=bf16")[:2] == ([[127, 1]], [1.0])
    # 3 + 2^-11 rounds down to f16 3, up the same distance from the other side: hand-checked neighbours 2^-9 apart.
    assert codes([[7 * (3 + 3 * 2**-11), 3]], "weights=int4 granularity=channel scales=f16")[1] == [3 + 2**-9]
    with pytest.raises(OverflowError):
        quantize(np.full((1, 1), 127 * 65520.0), Scheme("int8", scales="f16"))


def test_zeros_and_bad_weights():
    assert codes([[0, 0]], "weights=int4") == ([[0, 0]], [[1.0]], None)
    assert codes([[0, 0]], "weights=uint4") == ([[0, 0]], [[1.0]], [[0]])
    assert codes([[0, 0]], "weights=nf4")[0] == [[7, 7]]
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        quantize(np.array([[0, np.nan]]), Scheme("int8"))


def test_rows_of_k():
    w = np.arange(24).reshape(2, 3, 4)
    assert as_rows(w, [1]).tolist()[0] == [0, 4, 8]  # others (0, 2), K = axis 1
    assert as_rows(w, [0, 2]).tolist()[1] == [4, 5, 6, 7, 16, 17, 18, 19]
    assert as_rows(w, [2, 0]).tolist() == as_rows(w, [0, 2]).tolist()  # stored order, whatever the order given
    assert as_rows(w, [0, 1, 2]).shape == (1, 24)
    for axes in ([0], [1], [-1], [0, 1], [1, 2], [0, 2], [0, 1, 2]):
        assert (from_rows(as_rows(w, axes), w.shape, axes) == w).all()


def test_packing():
    assert pack_rows(np.array([[1, -1, 7]]), 4).tolist() == [[0xF1, 0x07]]
    assert pack_rows(np.array([[1, 2, 3, 0, 1]], np.uint8), 2).tolist() == [[0b00111001, 0b01]]
    random = np.random.default_rng(0)
    for bits in (2, 4, 8):
        for signed in (True, False):
            low = -(2 ** (bits - 1)) if signed else 0
            c = random.integers(low, low + 2**bits, (3, 37))
            assert (unpack_rows(pack_rows(c, bits), bits, 37, signed) == c).all()


def test_stored_shapes():
    w = np.random.default_rng(1).standard_normal((5, 37, 3)).astype(F32)  # K = axis 1, others (5, 3)
    parts = stored(w, [1], Scheme("uint4", group=16, scales="f16"))
    assert [(k, t, a.shape) for k, (t, a) in parts.items()] == [
        ("codes", "U8", (5, 3, 19)), ("scales", "F16", (5, 3, 3)), ("zero_points", "U8", (5, 3, 3))]
    parts = stored(w, [1], Scheme("int8", granularity="tensor", symmetric=False))
    assert [(k, t, a.shape) for k, (t, a) in parts.items()] == [
        ("codes", "I8", (5, 3, 37)), ("scales", "F32", ()), ("zero_points", "I8", ())]
    parts = stored(w, [1], Scheme("uint16"))
    assert [(k, t, a.shape) for k, (t, a) in parts.items()] == [
        ("codes", "U16", (5, 3, 37)), ("scales", "F32", (5, 3)), ("zero_points", "U16", (5, 3))]
    assert list(stored(w, [1], Scheme("bf16"))) == ["codes"]


def test_every_scheme_is_within_half_a_step():
    w = np.random.default_rng(2).standard_normal((6, 37)).astype(F32)
    for name in ("int16", "uint16", "int8", "uint8", "int4", "uint4", "int2", "uint2"):
        for options in (dict(granularity="tensor"), dict(granularity="channel"), dict(group=16)):
            for symmetric in (True, False):
                scheme = Scheme(name, symmetric=symmetric, **options)
                _, scales, _ = quantize(w, scheme)
                error = np.abs(round_trip(w, [1], scheme) - w)
                # A step of 16 bits is 2^9 roundings of the quotient.
                assert error.max() <= (0.5001 if scheme.bits < 16 else 0.504) * np.max(scales)


def test_tokens_and_the_integer_product():
    c, s = quantize_tokens([[127, 0.5, -1.5, 64], [0, 0, 0, 0]])
    assert c.tolist() == [[127, 0, -2, 64], [0, 0, 0, 0]] and s.tolist() == [[1], [1]]
    c, s = quantize_tokens([[127, 1, np.inf, 1], [254, 2, 127, 3]], group=2)
    assert c.tolist() == [[127, 1, 0, 0], [127, 1, 127, 3]] and np.isnan(s[0, 1]) and s[1].tolist() == [2, 1]
    # x codes (127, 1 | 127, 3), scales 2, 1; w codes (7, -1 | 7, 0), scales 1, 2:
    # 888 * 2 * 1 + 889 * 1 * 2 = 3554
    scheme = Scheme("int4", group=2)
    w = quantize(np.array([[7.0, -1, 14, 0]]), scheme)
    assert integer_matmul(c[1:], s[1:], *w, scheme).tolist() == [[3554.0]]
    assert np.isnan(integer_matmul(c, s, *w, scheme)[0, 0])
    random = np.random.default_rng(3)
    x, w = random.standard_normal((4, 37)).astype(F32), random.standard_normal((5, 37)).astype(F32)
    for scheme in (Scheme("uint4", group=16), Scheme("int8"), Scheme("int4", granularity="tensor")):
        xc, xs = quantize_tokens(x)
        wide = dequantize_tokens(xc, xs).astype(np.float64) @ round_trip(w, [1], scheme).T.astype(np.float64)
        assert np.allclose(integer_matmul(xc, xs, *quantize(w, scheme), scheme), wide, rtol=1e-6, atol=1e-6)


def test_metrics():
    m = metrics([3, 4.5], [3, 4])
    assert m["max_abs"] == 0.5 and m["relative_l2"] == 0.1 and m["sqnr_db"] == 20
    assert m["cosine"] == pytest.approx(27 / (5 * 29.25**0.5))
    assert metrics([0.0], [0.0]) == {"max_abs": 0, "relative_l2": 0, "sqnr_db": np.inf, "cosine": 1}
