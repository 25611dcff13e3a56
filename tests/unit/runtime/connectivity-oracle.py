#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""An independent, slow reading of the connectivity rules in runtime/program/README.md.

Prints the number of synapses and a hash of the rows of three tables; ConnectivityTest.cpp expects them."""


def philox(counter, key):
    """Philox4x32-10 (Salmon et al., SC'11), from the paper."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k[1], first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def fnv(values):
    """FNV-1a of 64 bits, over values instead of bytes where they are larger."""
    result = 0xCBF29CE484222325
    for value in values:
        result = (result ^ value) * 0x100000001B3 % 2**64
    return result


class Draws:
    """The words of one entity of a stream."""

    def __init__(self, seed, stream, entity):
        name = fnv(stream.encode())
        self.seed, self.entity, self.next = seed, entity, 0
        self.stream = (name ^ name >> 24 ^ name >> 48) & 0xFFFFFF

    def word(self):
        draw, step = self.next // 4 % 2**16, self.next // 4 // 2**16
        counter = [step % 2**32, step >> 32 | self.entity % 2**16 << 16,
                   self.entity >> 16 | self.stream % 2**8 << 24, self.stream >> 8 | draw << 16]
        self.next += 1
        return philox(counter, [self.seed % 2**32, self.seed >> 32])[(self.next - 1) % 4]

    def uniform(self):
        high = self.word()
        return ((high >> 5) * 2**26 + (self.word() >> 6)) * 2.0**-53

    def below(self, n):
        product = self.word() * n
        while product % 2**32 < 2**32 % n:
            product = self.word() * n
        return product >> 32


def count(mode, low, high, up, down, u):
    if low == high:
        return low
    mode = min(max(mode, low), high)
    order, total = [(mode, 1.0)], 1.0
    for ratio, direction, last in ((up, 1, high), (down, -1, low)):
        k, weight = mode, 1.0
        while k != last:
            weight = weight * ratio(k)
            if weight < total * 2.0**-64:
                break
            total += weight
            k += direction
            order.append((k, total))
    return next((k for k, running in order if running > u * total), order[-1][0])


def binomial(n, a, b, u):
    a, b = float(a), float(b)
    return count(int(((n + 1) * a) / (a + b)), n if b == 0 else 0, 0 if a == 0 else n,
                 lambda k: ((n - k) * a) / ((k + 1) * b), lambda k: (k * b) / ((n - k + 1) * a), u)


def hypergeometric(n, marked, total, u):
    n, K, N = float(n), float(marked), float(total)
    return count(int(((n + 1) * (K + 1)) / (N + 2)), int(max(0, n - (N - K))), int(min(n, K)),
                 lambda k: ((K - k) * (n - k)) / ((k + 1) * (N - K - n + k + 1)),
                 lambda k: (k * (N - K - n + k)) / ((K - k + 1) * (n - k + 1)), u)


def lowerPart(n, lower, upper, repeat, u):
    return binomial(n, lower, upper, u) if repeat else hypergeometric(n, lower, lower + upper, u)


def pick(candidates, n, repeat, draws):
    size = len(candidates)
    if repeat:
        return sorted(candidates[draws.below(size)] for _ in range(n))
    taken = set()
    for j in range(size - n, size):
        t = draws.below(j + 1)
        taken.add(j if t in taken else t)
    return sorted(candidates[i] for i in taken)


def split(candidates, row, n, first, end, repeat, seed):
    if n == 0:
        return []

    def within(lower, upper):
        return [cell for cell in candidates if 1024 * lower <= cell < 1024 * upper]

    if end == first + 1:
        return pick(within(first, end), n, repeat, Draws(seed, "T.connect", row * 2**20 + first))
    middle = first + (end - first) // 2
    u = Draws(seed, "T.connect.split", row * 2**20 + middle).uniform()
    lower = lowerPart(n, len(within(first, middle)), len(within(middle, end)), repeat, u)
    return (split(candidates, row, lower, first, middle, repeat, seed)
            + split(candidates, row, n - lower, middle, end, repeat, seed))


def fixedTotal(n, sources, targets, repeat, seed):
    def candidates(source):
        return [target for target in targets if target != source]

    shares = {source: 0 for source in sources}

    def share(n, first, end):
        if n == 0:
            return
        if end == first + 1:
            shares[first] = n
            return
        middle = first + (end - first) // 2
        u = Draws(seed, "T.connect.rows", middle).uniform()
        pairs = [sum(len(candidates(source)) for source in part)
                 for part in (range(first, middle), range(middle, end))]
        lower = lowerPart(n, *pairs, repeat, u)
        share(lower, first, middle)
        share(n - lower, middle, end)

    share(n, sources[0], sources[-1] + 1)
    return [split(candidates(source), source, shares[source], targets[0] // 1024, targets[-1] // 1024 + 1, repeat, seed)
            for source in sources]


def bernoulli(p, sources, targets, seed):
    rows = []
    for source in sources:
        rows.append([])
        for block in range(targets[0] // 1024, targets[-1] // 1024 + 1):
            candidates = [cell for cell in targets if cell // 1024 == block and cell != source]
            draws = Draws(seed, "T.connect", source * 2**20 + block)
            n = binomial(len(candidates), p, 1 - p, draws.uniform())
            rows[-1] += pick(candidates, n, False, draws)
    return rows


def main():
    sources, targets = range(10, 60), range(20, 3000)
    tables = {"fixed_total, 5000": fixedTotal(5000, sources, targets, False, 5),
              "fixed_total, 5000, multapses": fixedTotal(5000, sources, targets, True, 5),
              "bernoulli, 0.03": bernoulli(0.03, sources, targets, 5)}
    for name, rows in tables.items():
        words = [i * 2**32 + target for i, row in enumerate(rows) for target in row]
        print(f"{name}: {len(words)} synapses, {fnv(words):#x}")


if __name__ == "__main__":
    main()
