"""Compares RequantizeLines with integers of any size: for each scale the sums around each tie, the ends, and random ones.

    requantize.py PROGRAM [SEED]
"""

import random
import subprocess
import sys

LEAST, GREATEST = -(2**31), 2**31 - 1


def saturate(value):
    return max(LEAST, min(GREATEST, value))


def divide(numerator, denominator, ties):
    """The quotient rounded to nearest; what a tie becomes is said in words of the result."""
    below, rest = divmod(numerator, denominator)
    if 2 * rest != denominator:
        return below + (2 * rest > denominator)
    return {"up": below + 1, "even": below + below % 2, "away": below + (numerator > 0)}[ties]


def once(total, multiplier, shift, ties):
    return saturate(divide(total * multiplier, 2 ** (31 - shift), ties))


def twice(total, multiplier, shift):
    high = saturate(divide(saturate(total * 2 ** max(shift, 0)) * multiplier, 2**31, "up"))
    return divide(high, 2 ** max(-shift, 0), "away")


def sums_around_ties(multiplier, shift, generator):
    """Sums whose result lies at or beside k + 1/2, for small k, k at the ends of int8 and random k."""
    denominator = 2 ** (31 - shift)
    ks = [*range(-6, 6), -129, -128, 126, 127, 254, 255, *(generator.randrange(-(2**31), 2**31) for _ in range(20))]
    for k in ks:
        centre = (2 * k + 1) * denominator // (2 * multiplier)
        yield from (centre + d for d in range(-3, 4))


def cases(generator):
    multipliers = [2**30, 2**30 + 1, 3 * 2**29, 5 * 2**28, 2**31 - 1, 2**31 - 2, 1717986918]
    multipliers += [generator.randrange(2**30, 2**31) for _ in range(8)]
    yield from ((total, 0, 0) for total in (LEAST, -1, 0, 1, GREATEST))
    for shift in range(-31, 31):
        for multiplier in multipliers:
            sums = {LEAST, LEAST + 1, -1, 0, 1, GREATEST - 1, GREATEST, *range(-40, 41)}
            sums |= set(sums_around_ties(multiplier, shift, generator))
            yield from ((total, multiplier, shift) for total in sorted(sums) if LEAST <= total <= GREATEST)


def main(program, seed="0"):
    every = list(cases(random.Random(int(seed))))
    asked = "".join(f"{t} {m} {s}\n" for t, m, s in every)
    answers = subprocess.run([program], input=asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(every), (len(answers), len(every))
    ties = 0
    for (total, multiplier, shift), answer in zip(every, answers):
        expected = [once(total, multiplier, shift, t) for t in ("up", "even", "away")]
        expected.append(twice(total, multiplier, shift))
        assert [int(a) for a in answer.split()] == expected, (total, multiplier, shift, answer, expected, seed)
        ties += total * multiplier % 2 ** (31 - shift) == 2 ** (30 - shift)
    print(f"{len(every)} cases, {ties} ties, seed {seed}")
    assert ties > 1000


if __name__ == "__main__":
    main(*sys.argv[1:])
