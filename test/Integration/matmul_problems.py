"""One random matmul: its data, and between which numbers each result must lie."""

import math

import numpy as np
from arithmetic import F32, Scheme, choose, encode, level, over
from contractions import EPILOGUES
from lowered import pack
from matmul_data import KINDS, draw_codes, draw_ends, draw_floats, draw_quantizable, draw_scales
from matmul_function import arrange, as_stored, params_dims

import floats

# Half a unit in the last place of 1 of f32 and f64; half the smallest positive f32.
U, U64, ETA = 2.0**-24, 2.0**-53, 2.0**-150
# |d/dx| of gelu, its tanh form and silu is below; erf, tanh and exp of a libm, and the few operations around them, are
# within 16 units of the number that they are given.
SLOPE, LIBM = 1.13, 16


class Side:
    """One operand as a matrix: `levels` are what `scales` (both f64, [rows, K]) multiply."""

    def __init__(self, codes, scales, zero, scheme, group=0):
        self.codes, self.scales, self.zero, self.scheme, self.group = codes, scales, zero, scheme, group
        if scheme is None:
            self.levels, self.over = codes.astype(np.float64), np.ones_like(codes, np.float64)
        else:
            self.levels = level(codes, zero, scheme).astype(np.float64)
            self.over = over(F32(1) if scales is None else scales, scheme, codes.shape).astype(np.float64)


class Problem:
    """The data of one call of a config's function. `digits`: the target multiplies few float rows by their bytes."""

    def __init__(self, config, random, number, digits=False):
        self.config, self.kind, self.digits = config, KINDS[number % len(KINDS)], digits
        # The corners of the weight and the rows.
        extremes = KINDS[: number % len(KINDS)].count("extreme") + number // len(KINDS) * KINDS.count("extreme")
        is_corner = self.kind == "extreme" and extremes < 4
        corners = (extremes % 2, extremes // 2) if is_corner else (None, None)
        self.sizes = dict(config.sizes)
        for d in config.dynamic:
            most = dict(b=4, m=random.choice((8, 40, 300), p=(0.65, 0.32, 0.03)), n=130)[d]
            self.sizes[d] = int(random.integers(1, most + 1))
        self.huge_rows = bool(random.integers(2))
        self.shape = [self.sizes.get(d, 1) for d in "bmn"]
        self.weight, self.rows = self._weight(random, corners[0]), self._rows(random, corners[1])
        self.init = self._addend(random, config.result_dims if config.init else "", config.result)
        self.bias = self._addend(random, config.bias, config.compute)
        self.multiplier = self._multiplier(random)

    def _matrix(self, dims):
        return int(np.prod([self.sizes[d] for d in self.config.others(dims)])), self.sizes["k"]

    def _weight(self, random, corner):
        config, scheme = self.config, self.config.weight
        shape = self._matrix(config.weight_dims)
        codes, zero = draw_codes(random, self.kind, shape, scheme, corner)
        if config.greatest:
            zero = random.integers(config.greatest, 256 - config.greatest, shape[0]).astype(np.int32)
            ends = draw_ends(random, shape, -config.greatest, config.greatest, corner)
            codes = zero[:, None] + (ends if self.kind == "extreme" else
                                     random.integers(-config.greatest, config.greatest + 1, shape)).astype(np.int32)
        scales = None if scheme.downcast else draw_scales(
            random, self.kind, scheme.shape(*shape), scheme.scales, not self.huge_rows)
        return Side(codes, scales, zero, scheme, scheme.group)

    def _rows(self, random, corner):
        config, scheme, shape = self.config, self.config.rows, self._matrix(self.config.row_dims)
        if not isinstance(scheme, Scheme):
            x = draw_floats(random, self.kind, shape, scheme, self.huge_rows, corner)
            # As an integer an infinity gives NaN, where the definition may give an infinity.
            return Side(np.where(np.isinf(x), F32(np.nan), x) if self.row_step() else x, None, None, None)
        if config.constants:
            return self._static_rows(random, corner, shape)
        if not config.quantized_from:
            codes, zero = draw_codes(random, self.kind, shape, scheme, corner)
            scales = draw_scales(random, self.kind, scheme.shape(*shape), scheme.scales, self.huge_rows)
            return Side(codes, scales, zero, scheme, scheme.group)
        self.x = draw_quantizable(random, self.kind, shape, scheme, config.quantized_from, self.huge_rows, corner)
        scales, zero = choose(self.x, scheme)
        return Side(encode(self.x, scales, zero, scheme), scales, zero, scheme, scheme.group)

    def _static_rows(self, random, corner, shape):
        config, scheme = self.config, self.config.rows
        scale, zero = F32(config.constants[0]), config.constants[1] if config.rows.affine else None
        if config.quantized_from:
            self.x = draw_floats(random, self.kind, shape, config.quantized_from, self.huge_rows, corner)
            codes = encode(self.x, scale, zero, scheme)
        elif self.kind == "zeros":
            codes = np.full(shape, config.constants[1], np.int32)
        else:
            codes, _ = draw_codes(random, self.kind, shape, scheme, corner)
        return Side(codes, scale, None if zero is None else np.int32(zero), scheme)

    def _addend(self, random, dims, element):
        """Over [b, m, n], f64; of whole numbers where sums must be exact."""
        if not dims:
            return np.zeros((1, 1, 1))
        shape = [n if d in dims else 1 for d, n in zip("bmn", self.shape)]
        x = random.integers(-1000, 1001, shape) if self.kind in ("exact", "extreme") else 10 * random.standard_normal(shape)
        return self._held(x, element)

    def _multiplier(self, random):
        dims = self.config.multiplier
        if not dims:
            return np.ones((1, 1, 1))
        shape = [n if d in dims else 1 for d, n in zip("bmn", self.shape)]
        return self._held(random.choice((-2, -1, 0.5, 1, 3), shape), self.config.compute)

    @staticmethod
    def _held(x, element):
        x = np.asarray(x, np.float64)
        return x if element == "f64" else floats.cast(x.astype(F32), element).astype(np.float64)

    # As the function takes them

    def _spread(self, array, dims):
        if set(dims) <= {"n", "0"}:
            return array.reshape([self.sizes["n"] if d == "n" else 1 for d in dims])
        canonical = self.config.others(dims)
        return array.reshape([self.sizes[d] for d in canonical]).transpose([canonical.index(d) for d in dims])

    def _operand(self, name, what, element):
        config = self.config
        if name in ("bias", "times", "init"):
            array, dims = dict(bias=(self.bias, config.bias), times=(self.multiplier, config.multiplier),
                               init=(self.init, config.result_dims))[name]
            array = self._spread(array, dims)
            return array if element == "f64" else pack(array.astype(F32), element)
        side, dims = (self.weight, config.weight_dims) if name == "w" else (self.rows, config.row_dims)
        if what:
            params = side.scales if what == "scales" else side.zero
            shape = [self.sizes.get(d, d) for d in params_dims(config, side.scheme, dims)]
            return pack(params, element).reshape(shape)
        if name == "x" and (side.scheme is None or config.quantized_from):
            return pack(arrange(self.x if side.scheme else side.codes, config, dims, self.sizes), element)
        return as_stored(arrange(side.codes, config, dims, self.sizes), side.scheme)

    def array(self, name, element):
        operand, _, what = name.partition("_")
        return np.asarray(self._operand(operand, what, element), order="C")

    # What must come out

    def _run_ends(self):
        k = self.sizes["k"]
        groups = [set(range(s.group, k, s.group)) for s in (self.weight, self.rows) if s.group]
        return sorted({k}.union(*groups))

    def _stacked(self, matrix, dims):
        """[b or 1, rows, K]."""
        return matrix.reshape(self.sizes["b"] if "b" in dims else 1, -1, self.sizes["k"])

    def _integer_sums(self, x, w, scales, start, magnitude):
        """(sum, greatest error, unit, where one rounding is all): levels x, w and their scales, [b, rows, K].

        A run's sum is exact, as f64 is below 2^53. The definition rounds it to f32, the scales' product, the product of
        the two, and each addition to `init + bias`; the kernels may round as often, in another order: a term goes through
        no more than runs + 4 roundings.
        """
        xs, ws = scales
        total, absolute, integers, first, ends = start, magnitude, 0.0, 0, self._run_ends()
        for end in ends:
            exact = x[..., first:end] @ w[..., first:end].swapaxes(1, 2)
            term = exact * (xs[..., first, None] * ws[:, None, :, first])
            total, absolute, integers = total + term, absolute + np.abs(term), integers + np.abs(exact)
            first = end
        runs = len(ends)
        error = gamma(runs + 4, U) * absolute + ETA * (integers + runs * (1 + np.abs(xs).max(2)[..., None]) + 4)
        plain = runs == 1 and not start.any() and self.config.result != "f64"
        once = plain & is_power(xs[..., 0])[..., None] & is_power(ws[..., 0])[:, None, :]
        return total, absolute, error, row_units(xs)[..., None] * row_units(ws)[:, None, :], once

    def _float_sums(self, x, w, scales, start, magnitude):
        """The same. A side is rounded once where it has scales, before or after the products, then these and K sums."""
        config, k, (xs, ws) = self.config, self.sizes["k"], scales
        x, levels, w = x * xs, w, w * ws
        total = start + x @ w.swapaxes(1, 2)
        absolute = magnitude + np.abs(x) @ np.abs(w).swapaxes(1, 2)
        rounded = sum(s.scheme is not None and not s.scheme.downcast for s in (self.weight, self.rows))
        steps = gamma(k + 4, U64) + gamma(rounded, U) if config.result == "f64" else gamma(k + 4 + rounded, U)
        tiny = [np.abs(v).sum(2) + (k + 1) * np.abs(s).max(2) for v, s in ((x, xs), (w, ws))]
        error = steps * absolute + ETA * (tiny[0][..., None] + tiny[1][:, None, :] + k + 4)
        unit = row_units(x)[..., None] * row_units(w)[:, None, :]
        # Exact only if f32 holds the weight with its scale and the products without.
        bare = row_units(x)[..., None] * row_units(levels)[:, None, :]
        held = fits(x)[..., None] & fits(w)[:, None, :] & (bare >= 2.0**-149)
        if self.row_step():
            return total, absolute, error + self._row_error(x, levels, w), np.zeros(1), False
        return total, absolute, error, np.where(held, unit, 0), False

    def row_step(self):
        """What rows of floats are off by where they become integers (lib/Kernels/DotPlan.h), of the greatest in a run; else 0.

        x = s (a + e), |e| <= 1/2. Of 16 bits s = max|x| / 32767, and a hundredth of e is for the roundings on the way; of 24 it is the
        power of two that leaves a at most 127 * 65793 and, but for 2^-22 times that, more than half of it.
        """
        config = self.config
        own = [self.sizes[d] for d in config.row_dims if d not in config.weight_dims]
        if not (isinstance(config.rows, str) and config.weight.integer and config.weight.bits <= 8 and config.stored
                and config.compute == "f32"):
            return 0
        if max(own, default=1) >= 48:
            return 0.51 / 32767
        return 0.5 * 2 / (127 * 65793 - 1) if self.digits else 0

    def _row_error(self, x, levels, w):
        """Over runs of at most 128 elements of one group, max|x| at least 2^-100. What underflows is multiplied by the sum
        of a * level."""
        group = self.config.weight.group
        step = group if 0 < group <= 128 else 128
        error = 0.0
        for first in range(0, self.sizes["k"], step):
            run = np.s_[..., first : first + step]
            greatest = np.maximum(np.abs(x[run]).max(2), 2.0**-100)
            error = error + (self.row_step() * greatest)[..., None] * np.abs(w[run]).sum(2)[:, None, :] + (
                ETA * 2.0**23 * np.abs(levels[run]).sum(2)[:, None, :])
        return error

    def _sums(self):
        """(sum, sum of |terms|, greatest error, where it is exact), over [b, m, n].

        Each rounding of a number x is off by U |x|, or by ETA where that is denormal, and what comes after multiplies that
        by no more than the other scale. Where everything is a whole multiple of a power of two, and no more than 2^24 of
        it, nothing is rounded.
        """
        config, start = self.config, self.init + self.bias
        magnitude = np.abs(self.init) + np.abs(self.bias)
        sides = (self.rows, config.row_dims), (self.weight, config.weight_dims)
        x, w = (self._stacked(side.levels, dims) for side, dims in sides)
        scales = [self._stacked(side.over, dims) for side, dims in sides]
        sums = self._integer_sums if config.integer else self._float_sums
        total, absolute, error, unit, once = sums(x, w, scales, start, magnitude)
        unit = np.minimum(unit, min(row_units(self.init.reshape(1, -1))[0], row_units(self.bias.reshape(1, -1))[0]))
        exact = (unit >= 2.0**-149) & ((absolute <= unit * 2.0**24) | once)
        return tuple(np.broadcast_to(a, self.shape) for a in (total, absolute, error, exact))

    @np.errstate(all="ignore")
    def limits(self):
        """(least result, greatest result, where they must be equal), each over the result's own dimensions.

        Everything after the sums but gelu and silu ascends or descends, so that roundings need no bound.
        """
        config = self.config
        total, absolute, error, exact = self._sums()
        if not (absolute[np.isfinite(absolute)] < 2.0**126).all():
            raise AssertionError("expected data whose sums fit f32")
        error = np.where(exact | ~np.isfinite(total), 0, error)
        narrow = (lambda x: x) if config.compute == "f64" else lambda x: x.astype(F32).astype(np.float64)
        low, high = narrow(total - error), narrow(total + error)
        if config.epilogue == "relu":
            low, high = EPILOGUES["relu"](low), EPILOGUES["relu"](high)
        elif config.epilogue != "none":
            middle = EPILOGUES[config.epilogue](total)
            unit = U64 if config.compute == "f64" else U
            error = np.where(np.isfinite(total), SLOPE * error + LIBM * unit * np.abs(total) + 4 * ETA, 0)
            low, high = narrow(middle - error), narrow(middle + error)
            exact = np.zeros_like(exact)
        low, high = narrow(low * self.multiplier), narrow(high * self.multiplier)
        low, high = np.minimum(low, high), np.maximum(low, high)
        if config.compute == "f32":
            low, high = (floats.cast(x.astype(F32), config.result) for x in (low, high))
        return tuple(self._spread(np.broadcast_to(x, self.shape), config.result_dims) for x in (low, high, exact))

    @np.errstate(all="ignore")
    def failure(self, result):
        """What is wrong with `result`, or nothing; and how many numbers were compared bit for bit."""
        low, high, exact = self.limits()
        number = floats.from_bf16(result) if self.config.result == "bf16" else result
        if number.shape != low.shape:
            return f"expected a shape of {low.shape}, got {number.shape}", 0
        bad = np.isnan(low) | np.isnan(high)
        good = np.where(bad, np.isnan(number), (low <= number) & (number <= high))
        if good.all():
            return "", int(exact.sum())
        at = tuple(np.argwhere(~good)[0])
        wanted = f"{low[at]!r}" if exact[at] else f"{low[at]!r} to {high[at]!r}"
        return (f"{int((~good).sum())} of {good.size} numbers, at {[int(i) for i in at]} expected {wanted}, "
                f"got {number[at]!r}"), 0


def gamma(count, unit):
    """Of `count` roundings, each of which is off by a factor of 1 + unit at most (Higham, Accuracy and Stability, 3.1)."""
    return count * unit / (1 - count * unit)


def is_power(x):
    return np.abs(np.frexp(x)[0]) == 0.5


def fits(x):
    """Whether f32 holds every number along the last axis."""
    return (x.astype(F32) == x).all(-1)


def row_units(x):
    """The greatest power of two of which every number along the last axis is a whole multiple; infinity for zeros."""
    fraction, exponent = np.frexp(np.where(np.isfinite(x), x, 1))
    whole = (fraction * 2.0**53).astype(np.int64)
    lowest = (whole & -whole).astype(np.float64)
    return np.where(whole == 0, math.inf, np.ldexp(lowest, exponent - 53)).min(-1, initial=math.inf)
