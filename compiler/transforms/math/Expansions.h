// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementary functions as branch-free arithmetic in f32 and f64: their bits are the same on every target.
//
// Errors are in ulp of the format, measured by tests/unit/transforms/MathAccuracyTest.cpp. NaN gives NaN,
// overflow gives infinity and underflow is gradual unless a function says otherwise. Reductions follow
// Cody & Waite, "Software Manual for the Elementary Functions" (1980).
#pragma once

#include "compiler/transforms/math/RealBuilder.h"

namespace nissl::transforms {

/// e^x; at most 1 ulp.
Real expandExp(Real x);
/// 2^x; at most 1 ulp.
Real expandExp2(Real x);
/// e^x - 1 without cancellation; at most 2 ulp.
Real expandExpm1(Real x);
/// e^x + 1; at most 1 ulp.
Real expandExpPlus1(Real x);
/// (e^x - 1) / divisor where that is not 0, and `limit` where |x| is so small that e^x - 1 is x: at most 3
/// ulp.
Real expandRiseOver(Real x, Real divisor, Real limit);
/// a * x / (e^x - 1), and a where x is 0; at most 3 ulp for |x| <= 700 (f32: 80), next to nothing for larger
/// x.
Real expandOverExprel(Real a, Real x);
/// At most 3 ulp.
Real expandSinh(Real x);
/// At most 2 ulp.
Real expandCosh(Real x);
/// At most 3 ulp.
Real expandTanh(Real x);

/// The natural logarithm; at most 1 ulp. log(+-0) = -inf; negative numbers give NaN.
Real expandLog(Real x);
/// log(1 + x); at most 1 ulp. log1p(-1) = -inf; below it NaN.
Real expandLog1p(Real x);
/// At most 1 ulp.
Real expandLog2(Real x);
/// At most 1 ulp.
Real expandLog10(Real x);

/// x^y with the special cases of C's pow (IEEE 754-2019, 9.2.1); at most 1 ulp.
Real expandPow(Real x, Real y);
/// x^n for a known n, by squaring: at most n/2 ulp; a negative n divides once.
Real expandPowInteger(Real x, int64_t n);

/// Sine; at most 1 ulp for |x| <= 2^45, NaN beyond: a number that large has lost its phase.
Real expandSin(Real x);
/// Cosine; as expandSin.
Real expandCos(Real x);
/// Tangent; at most 3 ulp for |x| <= 2^45, NaN beyond.
Real expandTan(Real x);

/// x - y * trunc(x / y), exactly, with the sign of x (C's fmod), while |x / y| < 2^53 (f64) or 2^24 (f32);
/// NaN beyond.
Real expandRemainder(Real x, Real y);

/// Casts between f32 and f64 builders of the same place.
Real widen(RealBuilder& wide, Real x);
Real narrow(RealBuilder& narrow, Real x);

} // namespace nissl::transforms
