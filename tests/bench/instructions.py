#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Instructions per neuron update and per synaptic event, counted by callgrind: no clock, no noise.

Two lengths of a run are compared, so that loading counts for nothing. The same network without projections gives the
instructions of an update; what the whole network needs beyond it belongs to its synaptic events, the visits of rows
among them. `recorded` holds what was counted last: more than a few percent above it is a regression (or a reason to
record anew, with --record, in the commit that says why)."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from models import EXAMPLES, HERE, MODELS

NISSL = HERE.parents[1] / "build/bin/nissl"
RECORDED = HERE / "instructions.json"
COUNTED = ("cuba-4k", "cobahh", "brunel", "izhikevich-stdp", "microcircuit-0.1")
TOLERANCE = 1.03
SHORT, LONG = 20, 60  # ms of model time


def compiled(description, precision, artefact):
    command = [NISSL, "compile", "-I", EXAMPLES, description, "--precision", precision, "-o", artefact]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return artefact


def counted(artefact, milliseconds):
    """(instructions, summary) of a run of so many ms."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", NISSL, "run", artefact,
               "--for", f"{milliseconds}ms", "--threads", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return int(found[1]), json.loads(done.stdout)


def difference(artefact):
    """(instructions, steps, events) by which a long run is longer than a short one."""
    (short, first), (long, second) = counted(artefact, SHORT), counted(artefact, LONG)
    return long - short, second["steps"] - first["steps"], second["synaptic_ops"] - first["synaptic_ops"]


def count(model, precision, folder):
    description = model.path(folder)
    network = json.loads(pathlib.Path(description).read_text(encoding="utf-8"))
    network["projections"] = {}
    alone = folder / "alone.json"
    alone.write_text(json.dumps(network), encoding="utf-8")
    instructions, steps, _ = difference(compiled(alone, precision, folder / "alone.npb"))
    update = instructions / steps / model.cells
    instructions, steps, events = difference(compiled(description, precision, folder / "whole.npb"))
    return {"per_update": round(update, 2), "per_event": round((instructions - update * steps * model.cells) / events, 2)}


def main():
    parser = argparse.ArgumentParser(prog="tools/dev/bench --instructions", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="default: " + ", ".join(COUNTED))
    parser.add_argument("--precision", default="f64,f32", help="of f64, f32, fixed (default f64,f32)")
    parser.add_argument("--record", action="store_true", help=f"write the counts to {RECORDED.name}")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.models if name not in MODELS]:
        parser.error(f"there is no {unknown[0]}; models: {', '.join(MODELS)}")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    worse = 0
    print(f"{'model':<17}{'prec':<6}{'per update':>11}{'recorded':>10}{'per event':>11}{'recorded':>10}")
    for name in arguments.models or COUNTED:
        for precision in arguments.precision.split(","):
            with tempfile.TemporaryDirectory() as folder:
                now = count(MODELS[name], precision, pathlib.Path(folder))
            before = recorded.get(f"{name} {precision}", {})
            print(f"{name:<17}{precision:<6}{now['per_update']:>11}{before.get('per_update', '-'):>10}"
                  f"{now['per_event']:>11}{before.get('per_event', '-'):>10}", flush=True)
            worse += any(now[key] > before.get(key, now[key]) * TOLERANCE for key in now)
            recorded[f"{name} {precision}"] = now
    if arguments.record:
        RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    elif worse:
        sys.exit(f"bench: {worse} of the counts are more than {TOLERANCE - 1:.0%} above what is recorded")


if __name__ == "__main__":
    main()
