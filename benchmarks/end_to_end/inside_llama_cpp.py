#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""llama.cpp with its experts inside a budget (examples/llama_cpp) beside the same program without: one file, one memory limit for both.

    inside_llama_cpp.py --program build/bin/llama_cpp_in_a_budget --model MODEL.gguf [--limits 25,50,75,110] [--rounds 5] [--tokens 64]

Arms take turns, each from a cold file in a memory cgroup of its own (page cache included). The first quarter of the tokens is not counted. The
budget is the limit less --beside MiB for weights that are no experts, buffers and the key-value cache. A model and a disk with a read-ahead of its
own are what peer.py makes (peer.py --keep). Prints each run, then medians, and the ratio of each round from the lowest to the highest.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile

import big_model
import peer_machine as machine
from memory_group import Groups, NotPermitted


def one_run(o, groups, limit, ids, budget):
    with groups.of(limit) as group:
        machine.drop(o.model)
        done = machine.run([o.program, o.model, budget, ids, "1"], group, o.patience, o.priority)
    if done["status"] != 0:
        sys.exit(f"inside_llama_cpp: with the budget {budget} the program ended with status {done['status']}: {done['err']}")
    said = json.loads(done["out"])
    said["tokens_per_s"] = len(said["seconds"][o.tokens // 4 :]) / sum(said["seconds"][o.tokens // 4 :])
    said["others"] = done["others"]
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--limits", default="25,50,75,110", help="percent of the file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--beside", type=int, default=420, help="MiB of the limit that are no experts")
    parser.add_argument("--priority", type=int, default=0)
    parser.add_argument("--patience", type=int, default=600, help="seconds for a run")
    o = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # of both arms: threads that spin measure who else runs
    size = os.path.getsize(o.model)
    machine.stop_on_signals()
    with Groups() as groups, tempfile.TemporaryDirectory() as folder:
        print(json.dumps({**machine.facts(o.model), "cgroup": 2 if groups.second else 1}), flush=True)
        for percent in map(int, o.limits.split(",")):
            limit = size * percent // 100
            for stream in ("topics", "random"):
                ids = os.path.join(folder, stream)
                with open(ids, "w") as f:
                    f.write(" ".join(map(str, big_model.stream(stream, o.tokens, 1))))
                found = {"plain": [], "inside": []}
                for round_ in range(o.rounds):
                    for arm in ("plain", "inside") if round_ % 2 == 0 else ("inside", "plain"):
                        run = one_run(o, groups, limit, ids, "all" if arm == "plain" else str(limit - (o.beside << 20)))
                        found[arm].append(run["tokens_per_s"])
                        asked = run["hits"] + run["misses"]
                        print(f"{percent} % {stream}, {arm}: {run['tokens_per_s']:.2f} tokens/s, hit ratio {run['hits'] / max(1, asked):.3f}, "
                              f"{run['bytes_demanded'] / len(run['seconds']) / 1e6:.0f} MB a token, others used {100 * run['others']:.0f} % of the machine", flush=True)
                ratios = sorted(a / b for a, b in zip(found["inside"], found["plain"]))
                print(f"{percent} % {stream}: plain {statistics.median(found['plain']):.2f}, inside {statistics.median(found['inside']):.2f} tokens/s, "
                      f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


if __name__ == "__main__":
    try:
        main()
    except NotPermitted as why:
        sys.exit(f"inside_llama_cpp: {why}; this comparison limits both arms by a memory cgroup; it is left out")
    except KeyboardInterrupt:
        sys.exit("inside_llama_cpp: broken off")
