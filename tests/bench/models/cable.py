#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A network of cells with a soma and a passive dendrite of so many compartments.

1000 cells: a soma of 20 um x 20 um with the channels of Hodgkin & Huxley 1952 at 6.3 C, a dendrite of 1000 um x 2 um.
Each has 100 inputs (0.2 nS, 2 ms, reversal 0 mV) from random cells at random compartments of its dendrite, and a
constant current of 0.2 to 0.38 nA. Voltages by backward Euler, then the gates with the new voltage, as Arbor and NEURON do.
Writes the description to standard output."""
import argparse
import json
import random

CELLS, INPUTS = 1000, 100


def cell(compartments):
    """The description of one cell; the dendrite has one compartment less."""
    dendritic = compartments - 1
    return {
        "parameters": {
            "c_m": "1 uF/cm**2", "R_a": "100 ohm*cm", "I_clamp": "(0.2 + 0.02*mod(i, 10))*nA",
            "r_soma": "R_a*10*um/(pi*(10*um)**2)",
        },
        "compartments": {
            "soma": {
                "parameters": {
                    "area": "pi*20*um*20*um", "g_Na": "0.12 S/cm**2*area", "g_K": "0.036 S/cm**2*area", "g_L": "0.3 mS/cm**2*area",
                    "E_Na": "50 mV", "E_K": "-77 mV", "E_L": "-54.3 mV",
                },
                "equations": [
                    "dv/dt = (g_L*(E_L - v) + g_Na*m**3*h*(E_Na - v) + g_K*n**4*(E_K - v) + I_couple + I_clamp)/(c_m*area)",
                    "dm/dt = alpha_m*(1 - m) - beta_m*m",
                    "dh/dt = alpha_h*(1 - h) - beta_h*h",
                    "dn/dt = alpha_n*(1 - n) - beta_n*n",
                    "alpha_m = 1/exprel(-(v + 40*mV)/(10*mV))/ms",
                    "beta_m = 4*exp(-(v + 65*mV)/(18*mV))/ms",
                    "alpha_h = 0.07*exp(-(v + 65*mV)/(20*mV))/ms",
                    "beta_h = 1/(1 + exp(-(v + 35*mV)/(10*mV)))/ms",
                    "alpha_n = 0.1/exprel(-(v + 55*mV)/(10*mV))/ms",
                    "beta_n = 0.125*exp(-(v + 65*mV)/(80*mV))/ms",
                ],
                "initial": {"v": "-65 mV", "m": 0.05293, "h": 0.59612, "n": 0.31768},
            },
            "dend": {
                "count": dendritic,
                "parameters": {
                    "length": f"1000 um/{dendritic}", "area": "pi*2*um*length", "g_L": "0.1 mS/cm**2*area", "E_L": "-65 mV",
                    "r": "R_a*length/(pi*(1*um)**2)", "g_axial": "1/where(k == 0, r_soma + r/2, r)",
                },
                "equations": ["dv/dt = (g_L*(E_L - v) + I_syn + I_couple)/(c_m*area)"],
                "initial": {"v": "-65 mV"},
                "receptors": {"syn": {"use": "exponential", "parameters": {"tau": "2 ms", "E": "0 mV"}}},
            },
        },
        "couple": [{"chain": ["soma", "dend"], "conductance": "g_axial"}],
        "update": [{"soma.v": "implicit", "dend.v": "implicit"}],
        "events": {"spike": {"when": "soma.v > 0*mV", "block": "3 ms"}},
    }


def network(compartments, cells=CELLS, inputs=INPUTS, seed=1):
    draw, pairs = random.Random(seed), [[] for _ in range(compartments - 1)]
    for target in range(cells):
        for _ in range(inputs):
            pairs[draw.randrange(compartments - 1)].append([draw.randrange(cells), target])
    return {
        "nissl": 1, "name": f"cable_{compartments}", "dt": "0.1 ms", "seed": seed, "import": ["zoo/receptors.json"],
        "cells": {"cable": cell(compartments)},
        "populations": {"C": {"cell": "cable", "size": cells}},
        "projections": {
            f"at_{k}": {"from": "C", "to": f"C.dend[{k}].syn", "connect": {"pairs": sorted(at)}, "weight": "0.2 nS", "delay": "1.5 ms"}
            for k, at in enumerate(pairs) if at
        },
        "probes": {"spikes": {"of": "C.spike"}},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compartments", type=int, help="of a cell, with the soma: at least 2")
    arguments = parser.parse_args()
    if arguments.compartments < 2:
        parser.error(f"there are {arguments.compartments} compartments, expected 2 or more")
    description = network(arguments.compartments)
    print(json.dumps(description).replace('"at_', '\n"at_').replace('"probes"', '\n"probes"'))
