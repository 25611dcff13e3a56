// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Minimax polynomials, lowest power first. Derived by coefficients.py beside this file; do not edit.
#pragma once

namespace nissl::transforms::coefficients {

/// (exp(x) - 1 - x) / x^2, for f64; x in [-0.3469, 0.3469], error 2^-55.5.
inline constexpr double expTail64[] = {0x1.0000000000005p-1,  0x1.555555555552dp-3,  0x1.5555555552192p-5,
                                       0x1.111111111d378p-7,  0x1.6c16c17f3366bp-10, 0x1.a01a0158e90c5p-13,
                                       0x1.a019a6534fcd9p-16, 0x1.71ded136ceb8ep-19, 0x1.28a305143511fp-22,
                                       0x1.ade9b78a16f19p-26};
/// (exp(x) - 1 - x) / x^2, for f32; x in [-0.3469, 0.3469], error 2^-26.1.
inline constexpr double expTail32[] = {0x1.fffffe0000000p-2, 0x1.5554ac0000000p-3, 0x1.55573e0000000p-5,
                                       0x1.122a9a0000000p-7, 0x1.6b26220000000p-10};
/// (exp(x) - 1 - x) / x^2, 30 bits of exp(x), for f64; x in [-0.3469, 0.3469], error 2^-34.2.
inline constexpr double expTailShort64[] = {0x1.0000003a717f6p-1,  0x1.55555441bfa05p-3,
                                            0x1.55548d10483b6p-5,  0x1.111271faf1e3fp-7,
                                            0x1.6d8db0c08e287p-10, 0x1.9f081157897d2p-13};
/// (2^x - 1) / x, for f64; x in [-0.5005, 0.5005], error 2^-58.0.
inline constexpr double exp2Tail64[] = {0x1.62e42fefa39efp-1,  0x1.ebfbdff82c5a5p-3,  0x1.c6b08d704a0d7p-5,
                                        0x1.3b2ab6fb9feb1p-7,  0x1.5d87fe78a0d8ep-10, 0x1.4309130f52e51p-13,
                                        0x1.ffcbfc7c7769cp-17, 0x1.62bfc66e2469fp-20, 0x1.b524cd865e23cp-24,
                                        0x1.e61d5494f00a7p-28, 0x1.ea18dd0446be6p-32};
/// (2^x - 1) / x, for f32; x in [-0.5005, 0.5005], error 2^-29.0.
inline constexpr double exp2Tail32[] = {0x1.62e4300000000p-1, 0x1.ebfbe00000000p-3,  0x1.c6aece0000000p-5,
                                        0x1.3b29aa0000000p-7, 0x1.5f48960000000p-10, 0x1.4490860000000p-13};
/// (2^x - 1) / x, 29 bits of 2^x, for f64; x in [-0.5005, 0.5005], error 2^-29.0.
inline constexpr double exp2TailShort64[] = {0x1.62e430cd9fa97p-1,  0x1.ebfbe0d8d0be9p-3,
                                             0x1.c6aecda54a508p-5,  0x1.3b29a907b1cd1p-7,
                                             0x1.5f489588f4c81p-10, 0x1.4490850136574p-13};
/// (2 atanh(s) / s - 2) / z with z = s^2, for f64; x in [0.0000, 0.0295], error 2^-58.5.
inline constexpr double logTail64[] = {0x1.5555555555593p-1, 0x1.999999997fb31p-2, 0x1.2492494217a61p-2,
                                       0x1.c71c51e7f4c26p-3, 0x1.7466462ce27f7p-3, 0x1.39a0f4fdff284p-3,
                                       0x1.2f0d8ea0093afp-3};
/// (2 atanh(s) / s - 2) / z with z = s^2, for f32; x in [0.0000, 0.0295], error 2^-36.6.
inline constexpr double logTail32[] = {0x1.5555540000000p-1, 0x1.999a7c0000000p-2, 0x1.2438a80000000p-2,
                                       0x1.e2fdd20000000p-3};
/// (atanh(s) / s - 1 - z / 3) / z^2 with z = s^2, for f64; x in [0.0000, 0.0295], error 2^-73.5.
inline constexpr double powTail64[] = {0x1.9999999999996p-3, 0x1.2492492493049p-3, 0x1.c71c71c57e001p-4,
                                       0x1.745d18337a5d1p-4, 0x1.3b136267357ffp-4, 0x1.1120c17c76732p-4,
                                       0x1.de318f0662ffep-5, 0x1.eb20cfed2edccp-5};
/// log2((1 + s) / (1 - s)) / s with z = s^2, 38 bits, for f64; x in [0.0000, 0.0295], error 2^-37.8.
inline constexpr double log2Short64[] = {0x1.71547652beefcp+1, 0x1.ec709d119619fp-1, 0x1.277780ce369eep-1,
                                         0x1.a58d1dfb110edp-2, 0x1.5cf00815135eep-2};
/// (log2((1 + s) / (1 - s)) / s - 2 / ln 2) / z with z = s^2, of log2, for f64; x in [0.0000, 0.0295], error
/// 2^-61.3.
inline constexpr double log2Tail64[] = {0x1.ec709dc3a04b9p-1, 0x1.2776c50eda4cap-1, 0x1.a61762e534f83p-2,
                                        0x1.484af62031690p-2, 0x1.0ca2618fe83a7p-2, 0x1.c43e08664416dp-3,
                                        0x1.b75817e882dc0p-3};
/// (sin(r) - r) / r^3 with x = r^2, for f64; x in [0.0000, 0.6292], error 2^-57.8.
inline constexpr double sinTail64[] = {-0x1.5555555555547p-3, 0x1.111111110f5f0p-7,   -0x1.a01a019bbd207p-13,
                                       0x1.71de352c10478p-19, -0x1.ae5e295641140p-26, 0x1.5d80ebd0823dfp-33};
/// (sin(r) - r) / r^3 with x = r^2, for f32; x in [0.0000, 0.6292], error 2^-37.4.
inline constexpr double sinTail32[] = {-0x1.5555560000000p-3, 0x1.1111080000000p-7, -0x1.a00f320000000p-13,
                                       0x1.6cbece0000000p-19};
/// (cos(r) - 1 + x / 2) / x^2 with x = r^2, for f64; x in [0.0000, 0.6292], error 2^-64.0.
inline constexpr double cosTail64[] = {0x1.555555555554ap-5,  -0x1.6c16c16c14ebep-10,
                                       0x1.a01a019c6a5cbp-16, -0x1.27e4f7d4a3198p-22,
                                       0x1.1ee9c69c70de2p-29, -0x1.8f9acb9a3c4f1p-37};
/// (cos(r) - 1 + x / 2) / x^2 with x = r^2, for f32; x in [0.0000, 0.6292], error 2^-43.0.
inline constexpr double cosTail32[] = {0x1.5555560000000p-5, -0x1.6c16b80000000p-10, 0x1.a010c40000000p-16,
                                       -0x1.2417e00000000p-22};
/// ln 2 as a sum of f64.
inline constexpr double ln264[] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
/// ln 2 as a sum of f32.
inline constexpr double ln232[] = {0x1.62e4300000000p-1, -0x1.05c6100000000p-29};
/// 1 / ln 2 as a sum of f64.
inline constexpr double log2e64[] = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
/// 1 / ln 2 as a sum of f32.
inline constexpr double log2e32[] = {0x1.7154760000000p+0, 0x1.4ae0c00000000p-26};
/// 1 / ln 10 as a sum of f64.
inline constexpr double log10e64[] = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
/// 1 / ln 10 as a sum of f32.
inline constexpr double log10e32[] = {0x1.bcb7b20000000p-2, -0x1.5b235e0000000p-27};
/// log10 2 as a sum of f64.
inline constexpr double log10of264[] = {0x1.34413509f79ffp-2, -0x1.9dc1da994fd21p-59};
/// log10 2 as a sum of f32.
inline constexpr double log10of232[] = {0x1.3441360000000p-2, -0x1.ec10c00000000p-27};
/// pi / 2 as a sum of f64.
inline constexpr double halfPi64[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};

} // namespace nissl::transforms::coefficients
