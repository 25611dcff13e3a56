# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The benchmark models: where each description is, how long it runs, and what it must do at least.

The work of a model is counted per cell and step and per synaptic event, from its equations and not from our code:
bytes of state that are read and written (in f64), exponentials, and random words. Its limit is the time that this
work takes with the loops of limits.cpp; it is an estimate, not a proof."""
import dataclasses

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"


@dataclasses.dataclass(frozen=True)
class Model:
    name: str
    description: pathlib.Path
    seconds: float  # of model time in one run
    cells: int
    bytes_per_update: int  # of one cell's state in f64, read and written
    scatter: str  # the shape in limits.cpp's scatter_ns that is nearest to its rows
    exponentials: int = 0  # per cell and step
    words: float = 0  # random words per cell and step
    plastic: float = 0  # of all synaptic events, the share that changes a weight at the pre and at the post spike
    argument: float | None = None  # of the script that writes its description: a share, a number of compartments

    def path(self, folder):
        """The description's file, generated in `folder` where it has to be."""
        if self.argument is None:
            return self.description
        path = folder / f"{self.name}.json"
        with open(path, "w", encoding="utf-8") as file:
            subprocess.run([sys.executable, self.description, str(self.argument)], stdout=file, check=True)
        return path

    def limit(self, limits, precision, model_seconds, dt, events):
        """Seconds of one thread for a run with so many synaptic events."""
        width = {"f64": 1.0, "f32": 0.5, "fixed": 0.5}[precision]
        size = self.cells * self.bytes_per_update / 2 * width  # read once, written once
        known = sorted((int(size), rate) for size, rate in limits["update_gb_s"].items())
        rate = next((rate for limit, rate in known if size <= limit), known[-1][1])
        updates = self.cells * model_seconds / dt
        exponential = limits["exp_ns"]["f64" if precision == "f64" else "f32"]
        update = self.bytes_per_update * width / rate + self.exponentials * exponential + self.words * limits["random_word_ns"]
        event = limits["scatter_ns"][self.scatter] * (1 + 2 * self.plastic)
        return 1e-9 * (updates * update + events * event)


MODELS = {
    model.name: model
    for model in [
        Model("cuba-4k", EXAMPLES / "cuba.json", 1.0, 4000, 56, "4000x80"),
        Model("cuba-40k", HERE / "models/cuba-40k.json", 1.0, 40000, 56, "40000x80"),
        Model("cobahh", HERE / "models/cobahh.json", 1.0, 4000, 104, "4000x80", exponentials=10),
        Model("brunel", EXAMPLES / "brunel-2000.json", 0.5, 12500, 24, "10000x1250", words=1),
        Model("brunel-stdp", HERE / "models/brunel-stdp.json", 0.2, 12500, 56, "10000x1250", words=1, plastic=0.64),
        Model("izhikevich-stdp", HERE / "models/izhikevich-stdp.json", 0.5, 10000, 64, "10000x1250", words=1, plastic=0.8),
        Model("microcircuit-0.1", HERE / "models/microcircuit.py", 1.0, 7717, 40, "7717x387", words=1, argument=0.1),
        # A compartment has v, g and its input; the soma has no input, six exponentials in rates and six in gates.
        Model("cable-10", HERE / "models/cable.py", 1.0, 1000, 9 * 48 + 64, "4000x80", exponentials=12, argument=10),
        Model("cable-50", HERE / "models/cable.py", 0.5, 1000, 49 * 48 + 64, "4000x80", exponentials=12, argument=50),
        Model("microcircuit", EXAMPLES / "microcircuit.json", 0.5, 77169, 40, "77169x3873", words=1),
    ]
}


