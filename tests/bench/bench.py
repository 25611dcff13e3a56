#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times the benchmark models on the CPU, beside what the machine can do and beside other simulators.

A row per model, precision and number of threads: our seconds per second of model time (the median of some runs, which
alternate with those of other numbers of threads), seconds to compile and to load, the largest memory, the mean rate,
the estimated limit of one thread and the fraction of it that is reached, and how much faster more threads are than
one. With --peers, the same model in each simulator that the peers' Python has, run in between, and the ratio of the
best of them to us. Compare ratios: absolute times are this machine's at this moment. `tools/dev/bench --instructions`
counts instructions instead (--help after it)."""
import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from models import EXAMPLES, HERE, MODELS

ROOT = HERE.parents[1]
NISSL = ROOT / "build/bin/nissl"
PEERS = ("brian2", "genn", "nest", "arbor")


def measured(command):
    """(standard output, wall seconds, MB of memory) of a command that must succeed."""
    before = os.times().elapsed
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{err.strip()}")
    return out, os.times().elapsed - before, usage.ru_maxrss / 1024


def compiled(model, precision, folder):
    """The artefact of a model; (file, seconds, MB)."""
    artefact = folder / f"{model.name}-{precision}.npb"
    command = [NISSL, "compile", "-I", EXAMPLES, model.path(folder), "--target", "cpu", "--precision", precision, "-o", artefact]
    # The remarks of a large network fill a pipe; nobody reads them here.
    before = os.times().elapsed
    fresh = os.environ | {"NISSL_CACHE": "off"}  # compiled, not found
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=fresh, check=True)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return artefact, os.times().elapsed - before, memory


def run(artefact, seconds, threads):
    out, _, memory = measured([NISSL, "run", artefact, "--for", f"{seconds}s", "--threads", str(threads), "--json"])
    return json.loads(out) | {"memory_mb": memory}


def runPeer(peer, python, model, precision, threads):
    """One run of a peer: {"s_per_s", "rate_hz", "setup_s"}; None where it has no such model or is not installed."""
    script = HERE / "peers" / f"{peer}_models.py"
    command = [python, script, model.name, "--seconds", str(model.seconds), "--threads", str(threads), "--precision", precision]
    try:
        out, _, _ = measured(command)
    except RuntimeError as error:
        print(f"bench: {peer} {model.name}: {str(error).splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(out.splitlines()[-1])


def runByHand(program, model, precision, threads):
    """Seconds per second of the program that computes the full microcircuit by hand, in f32 on two threads or more; None for others."""
    if not program or model.name != "microcircuit" or precision != "f32" or threads < 2:
        return None
    out, _, _ = measured([program, str(threads), str(model.seconds)])
    return float(re.search(r"realtime factor ([0-9.]+)", out).group(1))


def rows(model, precision, limits, arguments, folder):
    """A row per number of threads. Their runs alternate, so that all of them and the peers see the same machine."""
    made = compiled(model, precision, folder)
    seen = {threads: ([], {}, []) for threads in map(int, arguments.threads.split(","))}
    for _ in range(arguments.repeat):
        for threads, (runs, peers, by_hand) in seen.items():
            runs.append(run(made[0], model.seconds, threads))
            for peer in arguments.peers:
                if precision != "fixed" and (found := runPeer(peer, arguments.python, model, precision, threads)):
                    peers.setdefault(peer, []).append(found)
            if (found := runByHand(arguments.by_hand, model, precision, threads)):
                by_hand.append(found)
    results = [row(model, precision, threads, limits, made, *found) for threads, found in seen.items()]
    one = next((result["s_per_s"] for result in results if result["threads"] == 1), None)
    for result in results:
        result["over_one_thread"] = one / result["s_per_s"] if one and result["threads"] > 1 else None
    return results


def row(model, precision, threads, limits, made, runs, peers, by_hand):
    """What was seen of one number of threads: medians, and the last run's counts, which are those of all."""
    _, compile_seconds, compile_memory = made
    times = [one["wall_s"] / one["model_s"] for one in runs]
    last = runs[-1]
    dt = last["model_s"] / last["steps"]
    limit = model.limit(limits, precision, last["model_s"], dt, last["synaptic_ops"]) / last["model_s"]
    result = {
        "model": model.name, "precision": precision, "threads": threads,
        "s_per_s": statistics.median(times), "fastest": min(times), "slowest": max(times),
        "compile_s": compile_seconds, "compile_mb": compile_memory,
        "load_s": statistics.median(one["load_s"] for one in runs), "memory_mb": max(one["memory_mb"] for one in runs),
        "rate_hz": last["spikes"] / model.cells / last["model_s"],
        "events_per_s": last["synaptic_ops"] / last["model_s"],
        "limit_1_thread": limit, "of_limit": limit / statistics.median(times),
        "by_hand_s_per_s": statistics.median(by_hand) if by_hand else None,
        "peers": {peer: {key: statistics.median(one[key] for one in found) for key in found[0]} for peer, found in peers.items()},
    }
    best = min((one["s_per_s"] for one in result["peers"].values()), default=None)
    result["ratio"] = best / result["s_per_s"] if best else None
    return result


def text(result):
    peers = "  ".join(f"{peer} {one['s_per_s']:.3g} ({one['rate_hz']:.3g} Hz)" for peer, one in result["peers"].items())
    ratio = f"  {result['ratio']:.2f}x  {peers}" if result["ratio"] else ""
    if result["over_one_thread"]:
        ratio = f"  {result['over_one_thread']:.2f} x one thread{ratio}"
    if result["by_hand_s_per_s"]:
        ratio += f"  by hand {result['by_hand_s_per_s']:.3g}"
    return (f"{result['model']:<17}{result['precision']:<6}{result['threads']:>2}  {result['s_per_s']:8.4f}"
            f"{result['limit_1_thread']:9.4f}{result['of_limit']:7.2f}{result['load_s']:8.2f}{result['compile_s']:8.1f}"
            f"{result['memory_mb']:8.0f}{result['rate_hz']:8.2f}{ratio}")


def main():
    parser = argparse.ArgumentParser(prog="tools/dev/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="default: all but the full microcircuit; " + ", ".join(MODELS))
    parser.add_argument("--precision", default="f64,f32", help="of f64, f32, fixed (default f64,f32)")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default 1,2)")
    parser.add_argument("--repeat", type=int, default=3, help="runs per row, of which the median counts (default 3)")
    parser.add_argument("--peers", nargs="?", const=",".join(PEERS), default="", help=f"run peers beside (default {','.join(PEERS)})")
    parser.add_argument("--python", default=os.environ.get("NISSL_PEERS_PYTHON", sys.executable),
                        help="the Python that has the peers (or $NISSL_PEERS_PYTHON)")
    parser.add_argument("--by-hand", metavar="PROGRAM",
                        help="run beside the full microcircuit: called with threads and seconds, prints 'realtime factor X'")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    arguments.peers = [peer for peer in arguments.peers.split(",") if peer]
    names = arguments.models or [name for name in MODELS if name != "microcircuit"]
    if unknown := [name for name in names if name not in MODELS] + [peer for peer in arguments.peers if peer not in PEERS]:
        parser.error(f"there is no {unknown[0]}; models: {', '.join(MODELS)}; peers: {', '.join(PEERS)}")
    limits = json.loads(subprocess.run([ROOT / "build/bin/nissl-limits"], capture_output=True, text=True, check=True).stdout)
    all_rows = []
    if not arguments.json:
        print("s per s of model time\nmodel            prec  th      ours    limit of lim    load compile  mem MB rate Hz  best peer/ours")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for precision in arguments.precision.split(","):
                some = rows(MODELS[name], precision, limits, arguments, pathlib.Path(folder))
                all_rows += some
                if not arguments.json:
                    print("\n".join(map(text, some)), flush=True)
    if arguments.json:
        print(json.dumps({"limits": limits, "rows": all_rows}, indent=1))


if __name__ == "__main__":
    main()
