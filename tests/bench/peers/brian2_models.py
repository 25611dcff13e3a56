#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A benchmark model in Brian2's C++ standalone mode: prints one JSON line with the seconds of its own simulation loop.

Statistically equal to the description of the same name, not spike for spike. The compiled program is kept in
--folder, so that only the first run of a model pays for its compilation."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

FLAGS = ["-w", "-O3", "-ffast-math", "-march=native", "-std=c++17"]


def cuba(b, cells):
    mV, ms = b.mV, b.ms
    names = {"El": -49 * mV, "we": 1.62 * mV, "wi": -9 * mV, "Vr": -60 * mV, "Vt": -50 * mV}
    group = b.NeuronGroup(cells, """dv/dt = (ge + gi - (v - El))/(20*ms) : volt (unless refractory)
        dge/dt = -ge/(5*ms) : volt
        dgi/dt = -gi/(10*ms) : volt""", threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact", namespace=names)
    group.v = "Vr + rand()*(Vt - Vr)"
    excitatory, probability = int(0.8 * cells), 80 / cells
    exc = b.Synapses(group, group, on_pre="ge += we", namespace=names)
    exc.connect(f"i < {excitatory}", p=probability)
    inh = b.Synapses(group, group, on_pre="gi += wi", namespace=names)
    inh.connect(f"i >= {excitatory}", p=probability)
    return [group, exc, inh], [group]


def cobahh(b):
    mV, ms, nS = b.mV, b.ms, b.nS
    names = {"C": 200 * b.pF, "gl": 10 * nS, "El": -60 * mV, "EK": -90 * mV, "ENa": 50 * mV, "gNa": 20 * b.usiemens, "gK": 6 * b.usiemens,
             "VT": -63 * mV, "we": 6 * nS, "wi": 67 * nS, "Ei": -80 * mV}
    group = b.NeuronGroup(4000, """
        dv/dt = (gl*(El - v) - ge*v + gi*(Ei - v) - gNa*(m*m*m)*h*(v - ENa) - gK*(n*n*n*n)*(v - EK))/C : volt
        dm/dt = am*(1 - m) - bm*m : 1
        dn/dt = an*(1 - n) - bn*n : 1
        dh/dt = ah*(1 - h) - bh*h : 1
        dge/dt = -ge/(5*ms) : siemens
        dgi/dt = -gi/(10*ms) : siemens
        am = 0.32*4/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
        bm = 0.28*5/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
        ah = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
        bh = 4/(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
        an = 0.032*5/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
        bn = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz
        """, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=names)
    exc = b.Synapses(group[:3200], group, on_pre="ge += we", namespace=names)
    exc.connect(p=0.02)
    inh = b.Synapses(group[3200:], group, on_pre="gi += wi", namespace=names)
    inh.connect(p=0.02)
    group.v = "(-65 + 5*randn())*mV"
    group.ge = "(40 + 15*randn())*nS"
    group.gi = "(200 + 120*randn())*nS"
    return [group, exc, inh], [group]


def brunel(b, plastic):
    mV, ms = b.mV, b.ms
    traces = "dx/dt = -x/(15*ms) : 1\ndy/dt = -y/(30*ms) : 1\n" if plastic else ""
    group = b.NeuronGroup(12500, "dv/dt = -v/(20*ms) : volt (unless refractory)\n" + traces, threshold="v > 20*mV",
                          reset="v = 10*mV" + ("; x += 1; y += 1" if plastic else ""), refractory=2 * ms, method="exact")
    group.v = "rand()*20*mV"
    E, I = group[:10000], group[10000:]
    if plastic:
        learning = b.Synapses(E, E, "w : 1", on_pre="v_post += w*mV\nw = clip(w - 0.0025*2*w*y_post, 0, 10)",
                              on_post="w = w + 0.0025*w**0.4*x_pre", delay={"pre": 1.5 * ms})
        learning.connect(p=0.1)
        learning.w = 0.1
        exc = [learning, b.Synapses(E, I, on_pre="v_post += 0.1*mV", delay=1.5 * ms)]
    else:
        exc = [b.Synapses(E, group, on_pre="v_post += 0.1*mV", delay=1.5 * ms)]
    exc[-1].connect(p=0.1)
    inh = b.Synapses(I, group, on_pre="v_post += -0.5*mV", delay=1.5 * ms)
    inh.connect(p=0.1)
    return [group, inh, b.PoissonInput(group, "v", 1000, 20 * b.Hz, weight=0.1 * mV), *exc], [group]


def izhikevich(b):
    ms = b.ms
    group = b.NeuronGroup(10000, """dv/dt = (0.04*v**2 + 5*v + 140 - u)/ms : 1
        du/dt = a*(0.2*v - u)/ms : 1
        dx/dt = -x/(20*ms) : 1
        a : 1 (constant)
        d : 1 (constant)""", threshold="v >= 30", reset="v = -65; u += d; x += 1", method="euler")
    E, I = group[:8000], group[8000:]
    E.a, E.d, I.a, I.d = 0.02, 8, 0.1, 2
    group.v = "-65 + 15*rand()"
    group.u = "0.2*v"
    exc = b.Synapses(E, group, "w : 1", on_pre="v_post += w\nw = clip(w - 0.0012*x_post, 0, 0.1)",
                     on_post="w = clip(w + 0.001*x_pre, 0, 0.1)", delay={"pre": 1 * ms})
    exc.connect(p=0.1)
    exc.w = 0.05
    inh = b.Synapses(I, group, on_pre="v_post += -0.15", delay=1 * ms)
    inh.connect(p=0.1)
    return [group, exc, inh, b.PoissonInput(group, "v", 1000, 4 * b.Hz, weight=1)], [group]


def microcircuit(b, share):
    """One object for all 64 projections, whose compilation would not end otherwise."""
    import numpy as np
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "models"))
    import microcircuit as scaled
    network = scaled.scale(json.loads(scaled.EXAMPLE.read_text(encoding="utf-8")), share)
    sizes = {name: one["size"] for name, one in network["populations"].items()}
    first = dict(zip(sizes, np.concatenate([[0], np.cumsum(list(sizes.values()))])))
    group = b.NeuronGroup(sum(sizes.values()), """dv/dt = -(v + 65*mV)/(10*ms) + (I + Idc)/(250*pF) : volt (unless refractory)
        dI/dt = -I/(0.5*ms) : amp
        Idc : amp (constant)""", threshold="v >= -50*mV", reset="v = -65*mV", refractory=2 * b.ms, method="exact")
    objects, number = [group], scaled.number
    for name, one in network["populations"].items():
        part = group[first[name]:first[name] + sizes[name]]
        mean, deviation = map(number, one["initial"]["v"]["normal"])
        part.v = f"({mean} + {deviation}*randn())*mV"
        part.Idc = number(one["parameters"]["I_dc"]) * b.pA
        drive = network["inputs"][f"bg_{name}"]["drive"]
        objects.append(b.PoissonInput(part, "I", drive["count"], 8 * b.Hz, weight=number(drive["weight"]) * b.pA))
    random, pre, post, weight, delay = np.random.RandomState(1), [], [], [], []
    for one in network["projections"].values():
        source, target, count = one["from"], one["to"].split(".")[0], one["connect"]["fixed_total"]
        pre.append(first[source] + random.randint(0, sizes[source], count))
        post.append(first[target] + random.randint(0, sizes[target], count))
        mean, deviation = map(number, one["weight"]["normal"])
        drawn = mean + deviation * random.randn(count)
        weight.append(np.clip(drawn, 0, None) if mean > 0 else np.clip(drawn, None, 0))
        mean, deviation = map(number, one["delay"]["normal"])
        delay.append(np.clip(mean + deviation * random.randn(count), 0.1, 6))
    pre, post, weight, delay = map(np.concatenate, (pre, post, weight, delay))
    order = np.lexsort((post, pre))
    synapses = b.Synapses(group, group, "w : amp (constant)", on_pre="I_post += w")
    synapses.connect(i=pre[order], j=post[order])
    synapses.w = weight[order] * b.pA
    synapses.delay = delay[order] * b.ms
    return [*objects, synapses], [group]


MODELS = {
    "cuba-4k": lambda b: cuba(b, 4000), "cuba-40k": lambda b: cuba(b, 40000), "cobahh": cobahh,
    "brunel": lambda b: brunel(b, False), "brunel-stdp": lambda b: brunel(b, True), "izhikevich-stdp": izhikevich,
    "microcircuit-0.1": lambda b: microcircuit(b, 0.1),
}


def build(arguments, folder):
    import brian2 as b
    import numpy as np
    b.prefs.devices.cpp_standalone.openmp_threads = 0 if arguments.threads == 1 else arguments.threads
    b.prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
    b.prefs.core.default_float_dtype = np.float32 if arguments.precision == "f32" else np.float64
    b.set_device("cpp_standalone", build_on_run=False, directory=str(folder))
    b.defaultclock.dt = 0.1 * b.ms
    b.seed(4321)
    objects, groups = MODELS[arguments.model](b)
    monitors = [b.SpikeMonitor(group) for group in groups]
    b.Network(*objects, *monitors).run(arguments.seconds * b.second)
    b.device.build(directory=str(folder), compile=False, run=False)
    subprocess.run(["make", "-j2", "-s"], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "cells").write_text(str(sum(len(group) for group in groups)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["f64", "f32"], default="f64")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "nissl-bench-brian2")
    arguments = parser.parse_args()
    if arguments.model not in MODELS:
        sys.exit(f"no model '{arguments.model}' here; there are: {', '.join(MODELS)}")
    folder = arguments.folder / f"{arguments.model}-{arguments.precision}-{arguments.threads}-{arguments.seconds}"
    start = time.time()
    if not (folder / "cells").exists():
        shutil.rmtree(folder, ignore_errors=True)
        build(arguments, folder)
    setup, start = time.time() - start, time.time()
    subprocess.run(["./main"], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    wall = time.time() - start
    simulated = float(next((folder / "results").glob("last_run_info*")).read_text().split()[0])
    spikes = sum(file.stat().st_size // 4 for file in (folder / "results").glob("_dynamic_array_spikemonitor*_i_*"))
    print(json.dumps({"s_per_s": simulated / arguments.seconds, "setup_s": setup + wall - simulated,
                      "rate_hz": spikes / int((folder / "cells").read_text()) / arguments.seconds}))


if __name__ == "__main__":
    main()
