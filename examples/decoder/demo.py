#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decodes real text with a quarter of the experts in memory, under one policy after another, and compares them in a table.
Then replays the routing of that text under more policies and capacities, into a page with charts.
Standard library only. The link is slowed to one rate, so that the table looks alike on every disk."""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("MOESAIC_DECODE", os.path.join(ROOT, "build", "bin", "moesaic-decode"))
REPLAY = os.environ.get("MOESAIC_REPLAY", os.path.join(os.path.dirname(PROGRAM), "moesaic-replay"))
PAGES = os.path.join(ROOT, "build", "demo")
MODEL = os.environ.get("MOESAIC_MODEL", os.path.join(ROOT, "examples", "models", "moesaic-demo-moe-q8_0.gguf"))
PROMPT = "And the LORD said unto Moses,"
RATE = "200MB/s"
COMMON = ["--model", MODEL, "--prompt", PROMPT, "--temperature", "0.7", "--top-p", "0.9", "--seed", "2", "--tokens", "160", "--ignore-eos"]

RUNS = [  # what the table calls it, budget, options
    ("all experts in memory", "all", []),
    ("lru, a pool per layer", "25%", ["--eviction", "lru"]),
    ("lru, one pool", "25%", ["--eviction", "lru", "--scope", "global"]),
    ("lfu, a pool per layer", "25%", ["--eviction", "lfu"]),
    ("lrfu(32), a pool per layer", "25%", ["--eviction", "lrfu(32)"]),
    ("lrfu(32), only if worth it", "25%", ["--eviction", "lrfu(32)", "--admission", "optional"]),
    ("random, a pool per layer", "25%", ["--eviction", "random"]),
    ("lru and prefetch", "25%", ["--system", "prefetching"]),
    ("misses computed in place", "25%", ["--system", "host_assisted"]),
]


REPLAYED = ["--capacity", "12.5%,25%,37.5%,50%,75%", "--eviction", "lru,lfu,lrfu(32),fifo,sieve,successor,random,belady"]


def report(journal, run):
    """Replays the routing of a run into a page whose sliders start at what the run saw; its path, or why there is none."""
    if not os.access(REPLAY, os.X_OK):
        return "no report: moesaic-replay is not there, because a dependency was not found; the lines above say what to install"
    page = os.path.join(PAGES, "report.html")
    time = run["time"]
    computed = (time["decode_s"] - run["counters"]["stall_s"]) / max(1, len(run["ids"]) - 1)
    command = [REPLAY, os.path.relpath(journal, ROOT), *REPLAYED, "--report", os.path.relpath(page, ROOT), "--link", RATE, "--compute", f"{max(computed, 1e-6) * 1e6:.0f}us"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"the replay ended with status {ran.returncode}: {ran.stderr.strip()}\n  {' '.join(command)}")
    return (f"The routing of this text under more policies and capacities, beside the clairvoyant bound (open it in a browser):\n"
            f"{os.path.relpath(page)}")


def decode(budget, options, show=False):
    """Runs the decoder once; with `show` its text goes straight to the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = [PROGRAM, *COMMON, "--budget", budget, "--throttle", RATE, "--quiet", "--json", report, *options]
        ran = subprocess.run(command, stdout=None if show else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if ran.returncode != 0:
            sys.exit(f"the decoder ended with status {ran.returncode}: {ran.stderr.strip()}\n  {' '.join(command)}")
        with open(report, encoding="utf-8") as file:
            return json.load(file)


def main():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"moesaic: {os.path.relpath(PROGRAM)} is not there, because ggml or another dependency was not found; "
                 "the lines above say what to install")
    print(f"A quarter of the experts in memory, the others in {os.path.basename(MODEL)}, read at {RATE}:\n")
    print(f"{PROMPT}", end="", flush=True)
    os.makedirs(PAGES, exist_ok=True)
    journal = os.path.join(PAGES, "text.journal")
    first = decode("25%", ["--journal", journal], show=True)
    model, budget = first["model"], first["budget"]
    mega = 1e-6
    print(f"\n{model['architecture']}, {model['moe_layers']} layers of {model['experts']} experts, {model['top_k']} used per token; "
          f"all experts {model['expert_bytes_total'] * mega:.1f} MB, budget {budget['bytes'] * mega:.1f} MB "
          f"(staging included), peak {first['peak']['total_bytes'] * mega:.1f} MB\n")
    head = f"{'policy':<28}{'budget':>7}{'hit ratio':>11}{'MB/token':>10}{'tokens/s':>10}{'stalled':>9}{'same text':>11}"
    print(head)
    print("-" * len(head))
    same = True
    for name, share, options in RUNS:
        run = decode(share, options)
        c, time = run["counters"], run["time"]
        moved = c["bytes_demanded"] + c["bytes_prefetched"] + c["bytes_host"]
        equal = run["ids"] == first["ids"] and run["text"] == first["text"]
        same = same and equal
        decoded = max(1, len(run["ids"]) - 1)
        print(f"{name:<28}{share:>7}{c['hits'] / max(1, c['accesses']):>11.3f}{moved * mega / decoded:>10.3f}"
              f"{time['tokens_per_s']:>10.1f}{c['stall_s'] / max(1e-9, time['decode_s']):>8.0%} {'yes' if equal else 'NO':>10}", flush=True)
    print("\nhit ratio: experts that were in memory when their layer began (the first use of one is a miss even if all fit);")
    print("MB/token: expert bytes read, ahead or in place included; stalled: share of the time spent waiting for the link.")
    print("The prompt is not counted.")
    if not same:
        sys.exit("the texts differ: a policy must never change what is written")
    print(f"\n{report(journal, first)}")


if __name__ == "__main__":
    main()
