#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""moesaic-decode beside what no policy of its kind can beat: time per token over the larger of computing alone and reading alone.

    against_the_bound.py PROGRAMS MODEL.gguf STREAMS [--limits 25,50] [--rounds 5] [--ours OPTIONS] [--json F]

MODEL and STREAMS are what peer.py makes (peer.py --keep; of the image it keeps, the model has to be on a disk). PROGRAMS holds
moesaic-decode, moesaic-replay and reads_alone. For each limit and stream:

  measured   seconds a token under the limit (a memory cgroup, page cache included), the first 32 of 128 tokens left out
  compute    the same tokens with every expert in memory
  bandwidth  the experts missed under the limit, read again in a row with nobody computing (reads_alone): same requests, full queue
  bound      the larger of compute and bytes missed / bandwidth

What a token takes above the bound is split: `layer by layer` is what the same reads take longer where each layer's are asked for when the
layer before is over (a queue that runs empty), the rest is computing that did not overlap. Bytes missed are those of LRU over the same
routing (as many experts as the decoder missed, asserted), and beside them stands what a clairvoyant eviction that may also refuse (belady, optional)
would have missed. Medians of rounds whose arms take turns. Needs root, as peer.py does.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile

import peer
import peer_machine as machine
from memory_group import Groups, NotPermitted

TOKENS, COLD = 128, 32
OURS = ["--system", "on_demand", "--kv", "f16"]  # nothing before the first token: a replay begins empty


def answer(command, group=None):
    done = machine.run(command, group, 600)
    if done["status"] != 0:
        sys.exit(f"against_the_bound: {os.path.basename(command[0])} ended with status {done['status']}: {done['err']}")
    return json.loads(done["out"]), done["others"]


def warm(told):
    steps = told["time"]["steps_s"][-(TOKENS - COLD):]
    return sum(steps) / len(steps)


class Cell:
    """One limit and one stream."""

    def __init__(self, o, stream, percent, groups, folder):
        with open(os.path.join(o.streams, stream + ".ids")) as f:
            self.ids = f.read().split()[: TOKENS + 2]
        self.o, self.name, self.groups, self.folder = o, f"{percent} % {stream}", groups, folder
        self.limit = os.path.getsize(o.model) * percent // 100
        # Behind a prompt of the same tokens, so that nothing is left to be read.
        self.everything = self.command("all", self.ids[: TOKENS + 1], self.ids[1:])
        told, _ = answer(self.everything)
        beside = told["model"]["resident_bytes"] + told["model"]["cache_bytes"]
        self.budget = self.limit - beside - peer.MARGIN
        self.limited = self.command(self.budget, self.ids[:1], self.ids[1:])
        self.journal = os.path.join(folder, "journal")
        told, _ = answer([*self.limited, "--journal", self.journal])
        self.missed = told["counters"]["misses"]
        self.best = self.clairvoyant(told)

    def command(self, budget, prompt, forced):
        path = os.path.join(self.folder, f"{len(prompt)}.forced")
        with open(path, "w") as f:
            f.write(" ".join(forced[: TOKENS + 1]))
        return [os.path.join(self.o.programs, "moesaic-decode"), "--model", self.o.model, "--prompt-ids", ",".join(prompt), "--force-ids", path, "--tokens", str(TOKENS + 1),
                "--ignore-eos", "--context", str(len(prompt) + TOKENS + 9), "--threads", str(self.o.threads), "--budget", str(budget), "--quiet", "--json", "-",
                *OURS, *self.o.ours]

    def clairvoyant(self, told):
        """Misses of the best eviction there can be, that may also refuse, over those of LRU; both with as many slots, rounded down to the same for every layer."""
        slots = told["budget"]["bytes"] - told["budget"]["frames"] * told["budget"]["frame_bytes"]
        share = 100 * slots // told["budget"]["frame_bytes"] * told["model"]["expert_bytes_max"] / told["model"]["expert_bytes_total"]
        rows, _ = answer([os.path.join(self.o.programs, "moesaic-replay"), self.journal, "--capacity", f"{share:.4f}%", "--json", "-", "--eviction", "lru,belady",
                          "--admission", "forced,optional"])
        misses = {(r["eviction"], r["admission"]): r["misses"] for r in rows["rows"]}
        return misses["belady", "optional"] / misses["lru", "forced"]

    def round(self, number):
        def limited():
            with self.groups.of(self.limit) as group:
                machine.drop(self.o.model)
                told, others = answer(self.limited, group)
            return {"measured": warm(told), "stalled": told["counters"]["stall_s"] / len(told["time"]["steps_s"]), "others": others}

        def in_memory():
            told, others = answer(self.everything)
            return {"compute": warm(told), "others": others}

        def alone():
            told, others = answer([os.path.join(self.o.programs, "reads_alone"), self.o.model, self.journal, str(self.budget), str(COLD + 1)])
            if not self.o.ours and told["misses"] != self.missed:
                sys.exit(f"against_the_bound: {self.name}: the decoder missed {self.missed} experts, the same policy without it {told['misses']}")
            return {"bytes": told["bytes"] / told["tokens"], "bandwidth": told["bytes"] / told["in_a_row_s"], "in_turn": told["layer_by_layer_s"] / told["tokens"],
                    "others": others}

        found, arms = {}, [limited, in_memory, alone]
        for arm in arms if number % 2 == 0 else reversed(arms):
            for key, value in arm().items():
                found[key] = max(found.get(key, 0), value) if key == "others" else value
        reading = found["bytes"] / found["bandwidth"]
        found["bound"] = max(found["compute"], reading)
        found["over"] = found["measured"] / found["bound"]
        found["layer_by_layer"] = max(found["compute"], found["in_turn"]) - found["bound"]
        found["not_overlapped"] = found["measured"] - found["bound"] - found["layer_by_layer"]
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("model")
    parser.add_argument("streams")
    parser.add_argument("--limits", default="25,50")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--ours", default=[], type=shlex.split)
    parser.add_argument("--json")
    o = parser.parse_args()
    machine.stop_on_signals()
    rows = []
    with Groups() as groups, tempfile.TemporaryDirectory() as folder:
        print("| cell | ms a token | computing alone | MB missed | GB/s | bound | over the bound | layer by layer | not overlapped | belady misses | others |\n"
              "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
        for percent in map(int, o.limits.split(",")):
            for stream in ("topics", "random"):
                cell = Cell(o, stream, percent, groups, folder)
                rounds = [cell.round(i) for i in range(o.rounds)]
                of = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
                over = [r["over"] for r in rounds]
                rows.append({"cell": cell.name, "belady_over_lru": cell.best, "rounds": rounds, "median": of})
                print(f"| {cell.name} | {of['measured'] * 1e3:.1f} | {of['compute'] * 1e3:.1f} | {of['bytes'] / 1e6:.0f} | {of['bandwidth'] / 1e9:.2f} | {of['bound'] * 1e3:.1f} | "
                      f"{of['over']:.2f} ({min(over):.2f} to {max(over):.2f}) | {of['layer_by_layer'] * 1e3:.1f} | {of['not_overlapped'] * 1e3:.1f} | "
                      f"{100 * cell.best:.0f} % | {100 * max(r['others'] for r in rounds):.0f} % |", flush=True)
    if o.json:
        with open(o.json, "w") as f:
            json.dump({"schema": "moesaic.against_the_bound/1", "facts": machine.facts(o.model), "threads": o.threads, "ours": o.ours, "rows": rows}, f, indent=1)


if __name__ == "__main__":
    try:
        main()
    except NotPermitted as why:
        sys.exit(f"against_the_bound: {why}; the decoder is limited by a memory cgroup here; it is left out")
    except KeyboardInterrupt:
        sys.exit("against_the_bound: broken off")
