#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the spiking classifier of this folder: train.py writes digits.nir and digits.csv (needs numpy, h5py).

Noisy 5 x 7 glyphs of the ten digits come as spikes, a pixel a channel, 30 ms each and 10 ms of silence after
it. 35 inputs, 40 hidden and 10 output LIF neurons (tau 10 ms, threshold 1, reset to 0, dt 1 ms), trained by
backpropagation through time with a surrogate gradient, 1 / (1 + 5 |v - 1|)^2.
"""
import h5py
import numpy as np

GLYPHS = """
.###. ..#.. .###. .###. ...#. ##### .###. ##### .###. .###.
#...# .##.. #...# #...# ..##. #.... #.... ....# #...# #...#
#...# ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...#
#...# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .####
#...# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....#
#...# ..#.. .#... #...# ...#. #...# #...# ..#.. #...# ....#
.###. .###. ##### .###. ...#. .###. .###. ..#.. .###. .###.
"""
STEPS, SILENCE, DECAY = 30, 10, 0.9
SIZES = (35, 40, 10)


def glyphs():
    rows = [line.split() for line in GLYPHS.strip().splitlines()]
    return np.array([[pixel == "#" for row in rows for pixel in row[digit]] for digit in range(10)], float)


def samples(random, labels, flips=0.06):
    """Spikes of shape (steps, samples, 35)."""
    images = glyphs()[labels]
    images = np.abs(images - (random.random(images.shape) < flips))
    return (random.random((STEPS, *images.shape)) < 0.02 + 0.4 * images).astype(float)


def forward(weights, spikes):
    """Spikes and potentials before the reset of each layer, step by step."""
    states = [np.zeros((spikes.shape[1], size)) for size in SIZES[1:]]
    history = []
    for x in spikes:
        record = []
        for layer, (w, b) in enumerate(weights):
            v = DECAY * states[layer] + (1 - DECAY) * (x @ w.T + b)
            s = (v > 1).astype(float)
            record.append((x, v, s))
            states[layer] = v * (1 - s)
            x = s
        history.append(record)
    return history


def gradients(weights, history, labels):
    counts = sum(record[-1][2] for record in history)
    logits = 0.5 * counts
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    error = p.copy()
    error[np.arange(len(labels)), labels] -= 1
    error /= len(labels)
    grads = [[np.zeros_like(w), np.zeros_like(b)] for w, b in weights]
    carried = [np.zeros_like(history[0][layer][1]) for layer in range(2)]
    for record in reversed(history):
        below = 0.5 * error
        for layer in (1, 0):
            x, v, s = record[layer]
            surrogate = 1 / (1 + 5 * np.abs(v - 1)) ** 2
            # The next state is v (1 - s); the reset itself carries no gradient.
            dv = below * surrogate + carried[layer] * DECAY * (1 - s)
            carried[layer] = dv
            grads[layer][0] += (1 - DECAY) * dv.T @ x
            grads[layer][1] += (1 - DECAY) * dv.sum(0)
            below = (1 - DECAY) * dv @ weights[layer][0]
    return grads


def train(random, rounds=600, batch=100, rate=0.02):
    weights = [[random.normal(0, 6 / np.sqrt(n), (m, n)), np.zeros(m)] for n, m in zip(SIZES, SIZES[1:])]
    moments = [[[np.zeros_like(p), np.zeros_like(p)] for p in layer] for layer in weights]
    for step in range(1, rounds + 1):
        labels = random.integers(10, size=batch)
        grads = gradients(weights, forward(weights, samples(random, labels)), labels)
        for layer in range(2):
            for part in range(2):
                m, v = moments[layer][part]
                g = grads[layer][part]
                m += 0.1 * (g - m)
                v += 0.001 * (g * g - v)
                weights[layer][part] -= (rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8))
    return weights


def accuracy(weights, random, count=2000):
    labels = random.integers(10, size=count)
    counts = sum(record[-1][2] for record in forward(weights, samples(random, labels)))
    return (counts.argmax(1) == labels).mean()


def write(weights):
    with h5py.File("digits.nir", "w", track_order=False) as file:
        file["version"] = "1.0"
        graph = file.create_group("node")
        graph["type"] = "NIRGraph"
        nodes = graph.create_group("nodes")

        def node(name, kind, **values):
            group = nodes.create_group(name)
            group["type"] = kind
            for key, value in values.items():
                group[key] = value

        node("pixels", "Input", shape=np.array([35]))
        for number, (w, b) in enumerate(weights, 1):
            size = len(b)
            node(f"fc{number}", "Affine", weight=w.astype("f4"), bias=b.astype("f4"))
            node(f"lif{number}", "LIF", tau=np.full(size, 0.01, "f4"), r=np.ones(size, "f4"),
                 v_leak=np.zeros(size, "f4"), v_threshold=np.ones(size, "f4"), v_reset=np.zeros(size, "f4"))
        node("digits", "Output", shape=np.array([10]))
        order = ["pixels", "fc1", "lif1", "fc2", "lif2", "digits"]
        graph["edges"] = np.array(list(zip(order, order[1:])), dtype=h5py.string_dtype())


def main():
    random = np.random.default_rng(1)
    weights = [[p.astype("f4").astype(float) for p in layer] for layer in train(random)]
    print(f"accuracy on new noisy glyphs: {accuracy(weights, random):.3f}")
    write(weights)
    # New ones for the example: the digits 0 to 9, three times over.
    shown = samples(random, np.tile(np.arange(10), 3))
    rows = np.concatenate([np.concatenate([shown[:, k], np.zeros((SILENCE, 35))]) for k in range(30)])
    np.savetxt("digits.csv", rows, fmt="%d", delimiter=",")


if __name__ == "__main__":
    main()
