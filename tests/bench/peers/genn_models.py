#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A benchmark model in GeNN 5 (single_threaded_cpu): prints one JSON line with the seconds of its simulation loop.

Statistically equal to the description of the same name, not spike for spike. Compiled with the flags of the other
peers, which GeNN itself leaves out; the code is generated and compiled in each run."""
import argparse
import contextlib
import json
import math
import os
import pathlib
import sys
import tempfile
import time

COMPILER = "g++ -O3 -ffast-math -march=native"
DT = 0.1  # ms
RULES = []  # GeNN does not keep what it refers to

# Events of a Poisson process with the mean -log(none) in a step.
POISSON = """scalar p = gennrand_uniform(); int events = 0;
    while (p > none) { p *= gennrand_uniform(); events++; }
    """


def decay(tau):
    return lambda parameters, dt: math.exp(-dt / tau)


def coupling(tau):
    """What a current with the time constant `tau` adds to a potential with 20 ms in a step."""
    return lambda parameters, dt: tau / (20 - tau) * (math.exp(-dt / 20) - math.exp(-dt / tau))


def uniform(g, low, high):
    return g.init_var("Uniform", {"min": low, "max": high})


def normal(g, mean, deviation):
    return g.init_var("Normal", {"mean": mean, "sd": deviation})


def population(model, name, size, neuron, parameters, values):
    made = model.add_neuron_population(name, size, neuron, parameters, values)
    made.spike_recording_enabled = True
    return made


def connect(g, model, source, target, probability, weight, port="Isyn", delay=DT):
    """`weight`, a number or the initial value of a rule. What is sent in a step is there in the next: a step of delay."""
    if isinstance(weight, float):
        weight = g.init_weight_update("StaticPulseConstantWeight", {"g": weight})
    made = model.add_synapse_population(f"{source.name}{target.name}", "SPARSE", source, target, weight,
                                        g.init_postsynaptic("DeltaCurr"),
                                        g.init_sparse_connectivity("FixedProbability", {"prob": probability}))
    made.post_target_var = port
    made.axonal_delay_steps = round(delay / DT) - 1


def connectByType(g, model, E, I, probability, excitatory, inhibitory):
    for source, weight, port in ((E, excitatory, "Ie"), (I, inhibitory, "Ii")):
        for target in (E, I):
            connect(g, model, source, target, probability, weight, port)


def cuba(g, model, cells):
    neuron = g.create_neuron_model(
        "cuba", vars=[("V", "scalar"), ("ge", "scalar"), ("gi", "scalar"), ("ref", "scalar")],
        additional_input_vars=[("Ie", "scalar", 0.0), ("Ii", "scalar", 0.0)],
        derived_params=[("Pm", decay(20)), ("Pe", decay(5)), ("Pi", decay(10)), ("Ke", coupling(5)), ("Ki", coupling(10))],
        sim_code="""ge += Ie; gi += Ii;
        if (ref > 0.0) { ref -= dt; } else { V = -49.0 + (V + 49.0)*Pm + Ke*ge + Ki*gi; }
        ge *= Pe; gi *= Pi;""",
        threshold_condition_code="ref <= 0.0 && V > -50.0", reset_code="V = -60.0; ref = 4.95;")
    values = {"V": uniform(g, -60.0, -50.0), "ge": 0.0, "gi": 0.0, "ref": 0.0}
    excitatory = int(0.8 * cells)
    E, I = population(model, "E", excitatory, neuron, {}, values), population(model, "I", cells - excitatory, neuron, {}, values)
    connectByType(g, model, E, I, 80 / cells, 1.62, -9.0)
    return [E, I]


def cobahh(g, model):
    neuron = g.create_neuron_model(
        "cobahh", vars=[(name, "scalar") for name in ("V", "m", "n", "h", "ge", "gi", "ref")],
        additional_input_vars=[("Ie", "scalar", 0.0), ("Ii", "scalar", 0.0)],
        derived_params=[("Pe", decay(5)), ("Pi", decay(10))],
        # In mV, ms, nF, uS and nA.
        sim_code="""ge += Ie; gi += Ii;
        const scalar x1 = (-50.0 - V)/4.0; const scalar am = 1.28/(fabs(x1) < 1e-6 ? 1.0 : (exp(x1) - 1.0)/x1);
        const scalar x2 = (V + 23.0)/5.0; const scalar bm = 1.4/(fabs(x2) < 1e-6 ? 1.0 : (exp(x2) - 1.0)/x2);
        const scalar x3 = (-48.0 - V)/5.0; const scalar an = 0.16/(fabs(x3) < 1e-6 ? 1.0 : (exp(x3) - 1.0)/x3);
        const scalar bn = 0.5*exp((-53.0 - V)/40.0);
        const scalar ah = 0.128*exp((-46.0 - V)/18.0); const scalar bh = 4.0/(1.0 + exp((-23.0 - V)/5.0));
        const scalar na = 20.0*m*m*m*h; const scalar k = 6.0*n*n*n*n;
        const scalar G = 0.01 + ge + gi + na + k;
        const scalar rest = (0.01*-60.0 + gi*-80.0 + na*50.0 + k*-90.0)/G;
        V = rest + (V - rest)*exp(-dt*G/0.2);
        m = am/(am + bm) + (m - am/(am + bm))*exp(-dt*(am + bm));
        h = ah/(ah + bh) + (h - ah/(ah + bh))*exp(-dt*(ah + bh));
        n = an/(an + bn) + (n - an/(an + bn))*exp(-dt*(an + bn));
        ge *= Pe; gi *= Pi; if (ref > 0.0) ref -= dt;""",
        threshold_condition_code="ref <= 0.0 && V > -20.0", reset_code="ref = 2.95;")
    values = {"V": normal(g, -65.0, 5.0), "m": 0.0, "n": 0.0, "h": 0.0, "ge": normal(g, 0.04, 0.015), "gi": normal(g, 0.2, 0.12), "ref": 0.0}
    E, I = population(model, "E", 3200, neuron, {}, values), population(model, "I", 800, neuron, {}, values)
    connectByType(g, model, E, I, 0.02, 0.006, 0.067)
    return [E, I]


def learning(g, on_pre, on_post, tau_pre, tau_post, weight):
    """Pair STDP that changes `w` by these statements; x and y are the traces of the source and of the target."""
    rule = g.create_weight_update_model(
        "learning", vars=[("w", "scalar")], pre_vars=[("x", "scalar")], post_vars=[("y", "scalar")],
        derived_params=[("Px", decay(tau_pre)), ("Py", decay(tau_post))],
        pre_spike_syn_code=f"addToPost(w); {on_pre}", post_spike_syn_code=on_post, pre_spike_code="x += 1.0;",
        post_spike_code="y += 1.0;", pre_dynamics_code="x *= Px;", post_dynamics_code="y *= Py;")
    RULES.append(rule)
    return g.init_weight_update(rule, {}, {"w": weight}, {"x": 0.0}, {"y": 0.0})


def brunel(g, model, plastic):
    neuron = g.create_neuron_model(
        "brunel", vars=[("V", "scalar"), ("ref", "scalar")],
        derived_params=[("Pm", decay(20)), ("none", lambda parameters, dt: math.exp(-20.0 * dt))],
        sim_code=POISSON + "if (ref > 0.0) { ref -= dt; } else { V = V*Pm + Isyn + 0.1*events; }",
        threshold_condition_code="ref <= 0.0 && V > 20.0", reset_code="V = 10.0; ref = 1.95;")
    values = {"V": uniform(g, 0.0, 20.0), "ref": 0.0}
    E, I = population(model, "E", 10000, neuron, {}, values), population(model, "I", 2500, neuron, {}, values)
    power_law = learning(g, "w = fmax(0.0, w - 0.005*w*y);", "w += 0.0025*pow(w, 0.4)*x;", 15, 30, 0.1)
    for source, weight in ((E, 0.1), (I, -0.5)):
        for target in (E, I):
            connect(g, model, source, target, 0.1, power_law if plastic and source is target is E else weight, delay=1.5)
    return [E, I]


def izhikevich(g, model):
    neuron = g.create_neuron_model(
        "izhikevich", params=["a", "d"], vars=[("V", "scalar"), ("U", "scalar")],
        derived_params=[("none", lambda parameters, dt: math.exp(-4.0 * dt))],
        sim_code=POISSON + """V += Isyn + events; const scalar next = V + dt*(0.04*V*V + 5.0*V + 140.0 - U);
        U += dt*a*(0.2*V - U); V = next;""",
        threshold_condition_code="V >= 30.0", reset_code="V = -65.0; U += d;")
    values = {"V": uniform(g, -65.0, -50.0), "U": -12.0}
    E = population(model, "E", 8000, neuron, {"a": 0.02, "d": 8.0}, values)
    I = population(model, "I", 2000, neuron, {"a": 0.1, "d": 2.0}, values)
    pair = learning(g, "w = fmax(0.0, w - 0.0012*y);", "w = fmin(0.1, w + 0.001*x);", 20, 20, 0.05)
    for source, weight in ((E, pair), (I, -0.15)):
        for target in (E, I):
            connect(g, model, source, target, 0.1, weight, delay=1.0)
    return [E, I]


def microcircuit(g, model, share):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
    import microcircuit as scaled
    network = scaled.scale(json.loads(scaled.EXAMPLE.read_text(encoding="utf-8")), share)
    number, groups = scaled.number, {}
    model.default_narrow_sparse_ind_enabled = True
    for name, one in network["populations"].items():
        mean, deviation = map(number, one["initial"]["v"]["normal"])
        groups[name] = population(model, name, one["size"], "LIF", {
            "C": 0.25, "TauM": 10.0, "Vrest": -65.0, "Vreset": -65.0, "Vthresh": -50.0, "TauRefrac": 2.0,
            "Ioffset": number(one["parameters"]["I_dc"]) / 1000}, {"V": normal(g, mean, deviation), "RefracTime": 0.0})
        drive = network["inputs"][f"bg_{name}"]["drive"]
        model.add_current_source(f"bg_{name}", "PoissonExp", groups[name], {
            "weight": number(drive["weight"]) / 1000, "tauSyn": 0.5, "rate": 8.0 * drive["count"]}, {"current": 0.0})
    for name, one in network["projections"].items():
        mean, deviation = (number(text) / 1000 for text in one["weight"]["normal"])
        low, high = (0.0, 1e30) if mean > 0 else (-1e30, 0.0)
        delay, spread = map(number, one["delay"]["normal"])
        synapse = {"g": g.init_var("NormalClipped", {"mean": mean, "sd": deviation, "min": low, "max": high}),
                   "d": g.init_var("NormalClippedDelay", {"mean": delay, "sd": spread, "min": 0.0, "max": 6.0})}
        made = model.add_synapse_population(
            name, "SPARSE", groups[one["from"]], groups[one["to"].split(".")[0]],
            g.init_weight_update("StaticPulseDendriticDelay", {}, synapse), g.init_postsynaptic("ExpCurr", {"tau": 0.5}),
            g.init_sparse_connectivity("FixedNumberTotalWithReplacement", {"num": one["connect"]["fixed_total"]}))
        made.max_dendritic_delay_timesteps = 61
    return list(groups.values())


MODELS = {
    "cuba-4k": lambda g, m: cuba(g, m, 4000), "cuba-40k": lambda g, m: cuba(g, m, 40000), "cobahh": cobahh,
    "brunel": lambda g, m: brunel(g, m, False), "brunel-stdp": lambda g, m: brunel(g, m, True), "izhikevich-stdp": izhikevich,
    "microcircuit-0.1": lambda g, m: microcircuit(g, m, 0.1), "microcircuit": lambda g, m: microcircuit(g, m, 1.0),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1, help="GeNN has one on CPUs, whatever is asked for")
    parser.add_argument("--precision", choices=["f64", "f32"], default="f64")
    arguments = parser.parse_args()
    if arguments.model not in MODELS:
        sys.exit(f"no model '{arguments.model}' here; there are: {', '.join(MODELS)}")
    import pygenn
    os.environ["CXX"] = COMPILER
    start, steps = time.time(), round(arguments.seconds * 1000 / DT)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        model = pygenn.GeNNModel("float" if arguments.precision == "f32" else "double", "model", backend="single_threaded_cpu")
        model.dt, model.seed = DT, 4321
        model.fuse_postsynaptic_models = model.fuse_pre_post_weight_update_models = True
        groups = MODELS[arguments.model](pygenn, model)
        model.build()
        model.load(num_recording_timesteps=steps)
        setup, start = time.time() - start, time.time()
        for _ in range(steps):
            model.step_time()
        wall = time.time() - start
        model.pull_recording_buffers_from_device()
        spikes = sum(len(group.spike_recording_data[0][0]) for group in groups)
    print(json.dumps({"s_per_s": wall / arguments.seconds, "setup_s": setup,
                      "rate_hz": spikes / sum(group.num_neurons for group in groups) / arguments.seconds}))


if __name__ == "__main__":
    main()
