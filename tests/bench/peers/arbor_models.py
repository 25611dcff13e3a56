#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A benchmark model in Arbor: prints one JSON line with the seconds of its own simulation.

Statistically equal to the description of the same name, not spike for spike: the same connections, but Arbor places a
spike between two steps. 128 cells in a group, which is faster than Arbor's default of one; synapses of one compartment
are advanced as one ("coalesced")."""
import argparse
import json
import pathlib
import random
import sys
import time

import arbor as A
from arbor import units as U

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
from cable import CELLS, INPUTS

CELLS_PER_GROUP = 128


class Cable(A.recipe):
    """The cells of models/cable.py."""

    def __init__(self, compartments, seed=1):
        A.recipe.__init__(self)
        self.dendritic = compartments - 1
        draw = random.Random(seed)
        self.inputs = [[(draw.randrange(self.dendritic), draw.randrange(CELLS)) for _ in range(INPUTS)] for _ in range(CELLS)]
        self.properties = A.neuron_cable_properties()
        self.properties.set_property(rL=100 * U.Ohm * U.cm)
        self.properties.coalesce_synapses = True

    def num_cells(self):
        return CELLS

    def cell_kind(self, gid):
        return A.cell_kind.cable

    def global_properties(self, kind):
        return self.properties

    def cell_description(self, gid):
        tree = A.segment_tree()
        soma = tree.append(A.mnpos, A.mpoint(0, 0, -10, 10), A.mpoint(0, 0, 10, 10), tag=1)
        tree.append(soma, A.mpoint(0, 0, 10, 1), A.mpoint(0, 0, 1010, 1), tag=3)
        middle = "(location 0 %.17g)" % (10 / 1020)
        decor = A.decor().paint("(tag 1)", A.density("hh")).paint("(tag 3)", A.density("pas/e=-65", {"g": 1e-4}))
        decor.place(middle, A.threshold_detector(0 * U.mV), "spike")
        decor.place(middle, A.i_clamp((0.2 + 0.02 * (gid % 10)) * U.nA))
        for number, (compartment, _) in enumerate(self.inputs[gid]):
            place = (20 + 1000 * (compartment + 0.5) / self.dendritic) / 1020
            decor.place("(location 0 %.17g)" % place, A.synapse("expsyn", {"tau": 2, "e": 0}), f"syn{number}")
        policy = A.cv_policy(f"(join (single (tag 1)) (fixed-per-branch {self.dendritic} (tag 3)))")
        return A.cable_cell(A.morphology(tree), decor, A.label_dict(), policy)

    def connections_on(self, gid):
        return [A.connection((source, "spike"), f"syn{number}", 2e-4, 1.5 * U.ms)
                for number, (_, source) in enumerate(self.inputs[gid])]


MODELS = {"cable-10": lambda: Cable(10), "cable-50": lambda: Cable(50)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["f64", "f32"], default="f64", help="Arbor computes in f64")
    arguments = parser.parse_args()
    if arguments.model not in MODELS:
        sys.exit(f"no model '{arguments.model}' here; there are: {', '.join(MODELS)}")
    start = time.time()
    recipe = MODELS[arguments.model]()
    context = A.context(threads=arguments.threads)
    hints = {A.cell_kind.cable: A.partition_hint(cpu_group_size=CELLS_PER_GROUP)}
    simulation = A.simulation(recipe, context, A.partition_load_balance(recipe, context, hints))
    simulation.record(A.spike_recording.all)
    setup, start = time.time() - start, time.time()
    simulation.run(arguments.seconds * U.s, 0.1 * U.ms)
    wall = time.time() - start
    print(json.dumps({"s_per_s": wall / arguments.seconds, "setup_s": setup,
                      "rate_hz": len(simulation.spikes()) / CELLS / arguments.seconds}))


if __name__ == "__main__":
    main()
