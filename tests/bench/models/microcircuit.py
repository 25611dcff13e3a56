#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The microcircuit of examples/microcircuit.json with a share of its cells and of its synapses per cell.

Scaled as in the reference implementation of Potjans & Diesmann 2014: weights grow by 1/sqrt(share), and a direct
current makes up for the mean input that fewer synapses leave out (van Albada, Helias & Diesmann 2015), with the
rates of the full model. Writes the description to standard output."""
import argparse
import json
import math
import pathlib

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples" / "microcircuit.json"
# Mean rates of the full model in Hz.
RATES = {"L23E": 0.971, "L23I": 2.868, "L4E": 4.746, "L4I": 5.396, "L5E": 8.142, "L5I": 9.078, "L6E": 0.991, "L6I": 7.523}
TAU_SYN = 0.5e-3


def number(text):
    """The value of "87.81 pA"."""
    return float(text.split()[0])


def scaled(text, factor):
    return f"{number(text) * factor:.9g} {text.split()[1]}"


def scale(network, share):
    """Scales cells and synapses per cell by `share`; returns the description."""
    grow, full = 1 / math.sqrt(share), {name: p["size"] for name, p in network["populations"].items()}
    current = dict.fromkeys(full, 0.0)  # pA, the mean input of the full model
    for projection in network["projections"].values():
        source, target = projection["from"], projection["to"].split(".")[0]
        mean, total = number(projection["weight"]["normal"][0]), projection["connect"]["fixed_total"]
        current[target] += mean * total / full[target] * RATES[source] * TAU_SYN
        projection["weight"]["normal"] = [scaled(text, grow) for text in projection["weight"]["normal"]]
        projection["connect"]["fixed_total"] = round(total * share * share)
    for drive in network["inputs"].values():
        target, source = drive["to"].split(".")[0], drive["drive"]
        current[target] += number(source["weight"]) * source["count"] * number(source["rate"]) * TAU_SYN
        source["count"] = round(source["count"] * share)
        source["weight"] = scaled(source["weight"], grow)
    cell = network["cells"]["pd"]
    cell["parameters"]["I_dc"] = "0 pA"
    cell["equations"][0] = "dv/dt = (E_L - v)/tau_m + (I + I_dc)/C"
    for name, population in network["populations"].items():
        population["size"] = round(full[name] * share)
        population["parameters"] = {"I_dc": f"{(1 - math.sqrt(share)) * current[name]:.9g} pA"}
    network["name"], network["comment"] = "microcircuit_scaled", f"microcircuit.json with a share of {share}."
    return network


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("share", type=float, help="of cells, and of synapses per cell: (0, 1]")
    arguments = parser.parse_args()
    if not 0 < arguments.share <= 1:
        parser.error(f"the share is {arguments.share}, expected one in (0, 1]")
    print(json.dumps(scale(json.loads(EXAMPLE.read_text(encoding="utf-8")), arguments.share), indent=1))
