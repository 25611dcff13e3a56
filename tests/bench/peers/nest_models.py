#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A benchmark model in NEST: prints one JSON line with the seconds of nest.Run.

Statistically equal to the description of the same name, not spike for spike: in-degrees are fixed where the
description draws them, and NEST computes in double precision only."""
import argparse
import json
import pathlib
import sys
import time


def connect(nest, source, target, degree, weight, delay, model="static_synapse"):
    nest.Connect(source, target, {"rule": "fixed_indegree", "indegree": degree},
                 {"synapse_model": model, "weight": weight, "delay": delay})


def poisson(nest, target, rate, weight, delay):
    nest.Connect(nest.Create("poisson_generator", params={"rate": rate}), target, "all_to_all", {"weight": weight, "delay": delay})


def cuba(nest, cells):
    # With C = tau_m in units of pF and ms a current in pA moves the potential as a mV of Brian2's equations does.
    group = nest.Create("iaf_psc_exp", cells, params={"C_m": 20.0, "tau_m": 20.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "E_L": -49.0,
                                                      "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "I_e": 0.0})
    group.V_m = nest.random.uniform(-60.0, -50.0)
    excitatory = int(0.8 * cells)
    connect(nest, group[:excitatory], group, 64, 1.62, 0.1)
    connect(nest, group[excitatory:], group, 16, -9.0, 0.1)
    return [group]


def cobahh(nest):
    group = nest.Create("hh_cond_exp_traub", 4000, params={"g_Na": 20000.0, "g_K": 6000.0, "g_L": 10.0, "C_m": 200.0, "E_Na": 50.0, "E_K": -90.0,
                                                          "E_L": -60.0, "V_T": -63.0, "E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0,
                                                          "tau_syn_in": 10.0, "t_ref": 3.0})
    group.V_m = nest.random.normal(-65.0, 5.0)
    # Initial conductances cannot be set: a current starts the activity instead.
    nest.Connect(nest.Create("dc_generator", params={"amplitude": 400.0, "start": 0.0, "stop": 50.0}), group)
    connect(nest, group[:3200], group, 64, 6.0, 0.1)
    connect(nest, group[3200:], group, 16, -67.0, 0.1)
    return [group]


def brunel(nest, plastic):
    parameters = {"C_m": 1.0, "tau_m": 20.0, "t_ref": 2.0, "E_L": 0.0, "V_reset": 10.0, "V_th": 20.0, "I_e": 0.0}
    group = nest.Create("iaf_psc_delta", 12500, params=parameters | ({"tau_minus": 30.0} if plastic else {}))
    group.V_m = nest.random.uniform(0.0, 20.0)
    E, I = group[:10000], group[10000:]
    poisson(nest, group, 20000.0, 0.1, 1.5)
    if plastic:
        nest.CopyModel("stdp_pl_synapse_hom", "learning", {"tau_plus": 15.0, "mu": 0.4, "lambda": 0.0025, "alpha": 2.0})
        connect(nest, E, E, 1000, 0.1, 1.5, "learning")
        connect(nest, E, I, 1000, 0.1, 1.5)
    else:
        connect(nest, E, group, 1000, 0.1, 1.5)
    connect(nest, I, group, 250, -0.5, 1.5)
    return [group]


def izhikevich(nest):
    group = nest.Create("izhikevich", 10000, params={"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "V_th": 30.0})
    E, I = group[:8000], group[8000:]
    I.a, I.d = 0.1, 2.0
    group.V_m = nest.random.uniform(-65.0, -50.0)
    group.U_m = -12.0
    nest.CopyModel("stdp_synapse", "learning", {"tau_plus": 20.0, "mu_plus": 0.0, "mu_minus": 0.0, "alpha": 1.2, "Wmax": 0.1, "lambda": 0.01})
    rule = {"rule": "pairwise_bernoulli", "p": 0.1}
    nest.Connect(E, group, rule, {"synapse_model": "learning", "weight": 0.05, "delay": 1.0})
    nest.Connect(I, group, rule, {"weight": -0.15, "delay": 1.0})
    poisson(nest, group, 4000.0, 1.0, 1.0)
    return [group]


def microcircuit(nest, share):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
    import microcircuit as scaled
    network = scaled.scale(json.loads(scaled.EXAMPLE.read_text(encoding="utf-8")), share)
    number, groups = scaled.number, {}
    for name, one in network["populations"].items():
        group = groups[name] = nest.Create("iaf_psc_exp", one["size"], params={
            "C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0,
            "I_e": number(one["parameters"]["I_dc"])})
        group.V_m = nest.random.normal(*map(number, one["initial"]["v"]["normal"]))
        drive = network["inputs"][f"bg_{name}"]["drive"]
        poisson(nest, group, 8.0 * drive["count"], number(drive["weight"]), 1.5)
    for one in network["projections"].values():
        mean, deviation = map(number, one["weight"]["normal"])
        low, high = (0.0, float("inf")) if mean > 0 else (float("-inf"), 0.0)
        weight = nest.math.redraw(nest.random.normal(mean, deviation), min=low, max=high)
        delay = nest.math.redraw(nest.random.normal(*map(number, one["delay"]["normal"])), min=0.05, max=6.0)
        nest.Connect(groups[one["from"]], groups[one["to"].split(".")[0]], {"rule": "fixed_total_number", "N": one["connect"]["fixed_total"]},
                     {"weight": weight, "delay": delay})
    return list(groups.values())


MODELS = {
    "cuba-4k": lambda nest: cuba(nest, 4000), "cuba-40k": lambda nest: cuba(nest, 40000), "cobahh": cobahh,
    "brunel": lambda nest: brunel(nest, False), "brunel-stdp": lambda nest: brunel(nest, True), "izhikevich-stdp": izhikevich,
    "microcircuit-0.1": lambda nest: microcircuit(nest, 0.1),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="f64")
    arguments = parser.parse_args()
    if arguments.model not in MODELS:
        sys.exit(f"no model '{arguments.model}' here; there are: {', '.join(MODELS)}")
    if arguments.precision != "f64":
        sys.exit("NEST computes in f64 only")
    import nest
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(local_num_threads=arguments.threads, resolution=0.1, rng_seed=4321)
    start = time.time()
    groups, recorder = MODELS[arguments.model](nest), nest.Create("spike_recorder")
    for group in groups:
        nest.Connect(group, recorder)
    nest.Prepare()
    setup, start = time.time() - start, time.time()
    nest.Run(arguments.seconds * 1000.0)
    seconds = time.time() - start
    spikes = recorder.n_events
    nest.Cleanup()
    print(json.dumps({"s_per_s": seconds / arguments.seconds, "setup_s": setup,
                      "rate_hz": spikes / sum(len(group) for group in groups) / arguments.seconds}))


if __name__ == "__main__":
    main()
