#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Derives the minimax polynomials of Coefficients.h: coefficients.py > Coefficients.h (needs mpmath).

Each is the polynomial Q of the given degree that minimises the largest |weight(x) * (Q(x) - f(x))| on
[lo, hi] (Remez exchange with 60 digits); its coefficients are then rounded to the format.
"""
import struct
from mpmath import mp, mpf, matrix, lu_solve, exp, expm1, log, sqrt, atanh, sin, cos, pi, chebyt

mp.dps = 60


def remez(f, weight, lo, hi, degree):
    n = degree + 2
    grid = [lo + (hi - lo) * (1 - mp.cos(pi * i / 1200)) / 2 for i in range(1201)]
    grid = [x for x in grid if abs(x) > mpf(10) ** -12]
    values = [f(x) for x in grid]
    weights = [weight(x) for x in grid]
    picks = [round((len(grid) - 1) * (1 - float(mp.cos(pi * i / (n - 1)))) / 2) for i in range(n)]
    for _ in range(12):
        system = matrix(n, n)
        right = matrix(n, 1)
        for row, i in enumerate(picks):
            for power in range(degree + 1):
                system[row, power] = grid[i] ** power
            system[row, n - 1] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = lu_solve(system, right)
        q = [solution[i] for i in range(degree + 1)]
        errors = [w * (mp.polyval(q[::-1], x) - v) for x, v, w in zip(grid, values, weights)]
        extrema = []  # the largest error of each run of one sign
        for i, e in enumerate(errors):
            if extrema and (errors[extrema[-1]] > 0) == (e > 0):
                if abs(e) > abs(errors[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > n:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < n or extrema == picks:
            break
        picks = extrema
    return q, max(abs(e) for e in errors)


def toF32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def print_polynomial(name, what, f, weight, lo, hi, degree64, degree32):
    for bits, degree in ((64, degree64), (32, degree32)):
        if degree is None:
            continue
        q, error = remez(f, weight, mpf(lo), mpf(hi), degree)
        rounded = [float(c) if bits == 64 else toF32(float(c)) for c in q]
        print(f"/// {what}, for f{bits}; x in [{float(lo):.4f}, {float(hi):.4f}], error 2^{float(mp.log(error, 2)):.1f}.")
        print(f"inline constexpr double {name}{bits}[] = {{")
        print("    " + ", ".join(c.hex() for c in rounded) + "};")


def print_split(name, what, value, parts, formats=(64, 32)):
    """`value` as a sum of `parts` floats of each format, the largest first."""
    for bits in formats:
        rest, split = value, []
        for _ in range(parts):
            split.append(float(rest) if bits == 64 else toF32(float(rest)))
            rest -= mpf(split[-1])
        print(f"/// {what} as a sum of f{bits}.")
        print(f"inline constexpr double {name}{bits}[] = {{{', '.join(part.hex() for part in split)}}};")


half_ln2 = log(2) / 2 * mpf("1.001")
z_max = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.001")
quarter = (pi / 4 * mpf("1.01")) ** 2

print("// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception")
print("// Minimax polynomials, lowest power first. Derived by coefficients.py beside this file; do not edit.")
print("#pragma once\n")
print("namespace nissl::transforms::coefficients {\n")
# The error that counts is that of 2^k exp(x) - 1; beyond these k it is smaller.
print_polynomial("expTail", "(exp(x) - 1 - x) / x^2", lambda x: (expm1(x) - x) / x**2,
                 lambda x: max(abs(2**k * x**2 / (2**k * exp(x) - 1)) if k else abs(x**2 / expm1(x)) for k in (mpf(-1), mpf(0), mpf(1))),
                 -half_ln2, half_ln2, 9, 4)
print_polynomial("expTailShort", "(exp(x) - 1 - x) / x^2, 30 bits of exp(x)", lambda x: (expm1(x) - x) / x**2, lambda x: abs(x**2 / exp(x)),
                 -half_ln2, half_ln2, 5, None)
print_polynomial("exp2Tail", "(2^x - 1) / x", lambda x: expm1(x * log(2)) / x, lambda x: abs(x),
                 mpf("-0.5005"), mpf("0.5005"), 10, 5)
print_polynomial("exp2TailShort", "(2^x - 1) / x, 29 bits of 2^x", lambda x: expm1(x * log(2)) / x, lambda x: abs(x),
                 mpf("-0.5005"), mpf("0.5005"), 5, None)
print_polynomial("logTail", "(2 atanh(s) / s - 2) / z with z = s^2", lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z, lambda z: z,
                 mpf(0), z_max, 6, 3)
print_polynomial("powTail", "(atanh(s) / s - 1 - z / 3) / z^2 with z = s^2",
                 lambda z: (atanh(sqrt(z)) / sqrt(z) - 1 - z / 3) / z**2, lambda z: z**2, mpf(0), z_max, 7, None)
print_polynomial("log2Short", "log2((1 + s) / (1 - s)) / s with z = s^2, 38 bits",
                 lambda z: 2 * atanh(sqrt(z)) / sqrt(z) / log(2), lambda z: log(2) / 2, mpf(0), z_max, 4, None)
print_polynomial("log2Tail", "(log2((1 + s) / (1 - s)) / s - 2 / ln 2) / z with z = s^2, of log2",
                 lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z / log(2), lambda z: z * sqrt(z), mpf(0), z_max, 6, None)
print_polynomial("sinTail", "(sin(r) - r) / r^3 with x = r^2", lambda z: (sin(sqrt(z)) - sqrt(z)) / sqrt(z) ** 3, lambda z: z,
                 mpf(0), quarter, 5, 3)
print_polynomial("cosTail", "(cos(r) - 1 + x / 2) / x^2 with x = r^2", lambda z: (cos(sqrt(z)) - 1 + z / 2) / z**2, lambda z: z**2,
                 mpf(0), quarter, 5, 3)
print_split("ln2", "ln 2", log(2), 2)
print_split("log2e", "1 / ln 2", 1 / log(2), 2)
print_split("log10e", "1 / ln 10", 1 / log(10), 2)
print_split("log10of2", "log10 2", mp.log10(2), 2)
print_split("halfPi", "pi / 2", pi / 2, 3, [64])
print("\n} // namespace nissl::transforms::coefficients")
