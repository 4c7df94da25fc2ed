# SPDX-License-Identifier: MIT
"""How right the simulator is: calibrated on one run of the decoder, held against others.

    simulator_error.py PROGRAMS [--work FOLDER] [--rounds N] [--json FILE]

PROGRAMS holds moesaic-decode, moesaic-simulate, moesaic-plan and moesaic-make-model. One model is decoded once at one
budget; what it computed and how long that took becomes a hardware profile. Another model is then decoded at other
budgets, read through a slowed transport (files in the page cache, so that nothing but the throttle limits), and each of
these runs is simulated: the journal gives the routing, the profile the times. Printed are counters (they have to be equal) and the error of the time per token. Standard library only.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

COUNTERS = ["events", "accesses", "hits", "misses", "evictions", "bypasses", "host", "prefetches"]
CALIBRATED = {"name": "calibrated", "shape": ["--layers", "12", "--width", "768", "--experts", "32", "--top-k", "4", "--inner", "512"],
              "budget": "30%", "throttle": 400, "eviction": "lru"}
TESTED = {"name": "tested", "shape": ["--layers", "8", "--width", "1024", "--experts", "48", "--top-k", "6", "--inner", "512"],
          "runs": [("15%", 250, "lru"), ("40%", 150, "lrfu(32)"), ("25%", 200, "lru"), ("60%", 100, "lru"),
                   ("60%", 500, "lru"), ("80%", 500, "lru"), ("80%", 1000, "lru"), ("90%", 2000, "lru")]}
COMMON = ["--vocabulary", "4000", "--context", "512", "--type", "Q8_0", "--architecture", "qwen3moe"]
TOKENS, PROMPT = 40, "5,17,42,99,512,7,1000,3,5,6,11,2047"


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def answer(command):
    return json.loads(run(command + ["--json", "-", "--quiet"]))


class Bench:
    def __init__(self, programs, folder):
        self.programs, self.folder = pathlib.Path(programs), pathlib.Path(folder)

    def model(self, what):
        path = self.folder / (what["name"] + ".gguf")
        if not path.exists():
            run([self.programs / "moesaic-make-model", path, *what["shape"], *COMMON])
        facts = answer([self.programs / "moesaic-plan", "--model", path, "--memory", "64GiB", "--tokens", "8"])["model"]
        return path, facts

    def decode(self, path, budget, rate, eviction):
        journal = self.folder / "run.journal"
        got = answer([self.programs / "moesaic-decode", "--model", path, "--budget", budget, "--throttle", f"{rate}MB/s", "--eviction", eviction,
                      "--direct", "no", "--prompt-ids", PROMPT, "--tokens", TOKENS, "--ignore-eos", "--threads", "1", "--journal", journal])
        return got, journal

    def simulate(self, journal, got, profile, eviction):
        path = self.folder / "profile.json"
        path.write_text(json.dumps(profile))
        return answer([self.programs / "moesaic-simulate", journal, "--hardware", path, "--budget", str(got["budget"]["bytes"]),
                       "--frames", str(got["budget"]["frames"]), "--eviction", eviction])["rows"][0]


def microseconds(seconds, source):
    return {"value": seconds * 1e6, "unit": "us", "source": source}


def profile_of(got, facts, other, rate, scaled_to=None):
    """What a run computed, as a machine; dense parts scaled by their bytes to another model's."""
    work, tokens, layers = got["time"]["decode_work"], TOKENS - 1, facts["moe_layers"]
    body = head = 1.0
    to_layers = layers
    if scaled_to:
        head = scaled_to["head_bytes"] / facts["head_bytes"]
        per_layer = lambda f: (f["dense_bytes"] - f["head_bytes"]) / f["moe_layers"]
        body = per_layer(scaled_to) / per_layer(facts)
    source = "measured in one run of moesaic-decode"
    return {
        "schema": "moesaic.hardware/1", "name": "calibrated", "about": "this machine, as one run of the decoder found it",
        "expert_bytes": {"value": facts["expert_bytes_max"], "unit": "B", "source": "the model's file"},
        "links": [{"name": "throttled file", "rate": {"value": rate, "unit": "MB/s", "source": "--throttle"},
                   "overhead": microseconds(0, "the throttle has none"), "chunk": None, "demand_first": True}],
        "open_transfers": {"value": got.get("link_capacity", 64), "unit": "transfers", "source": "the decoder's queue"},
        "pass": microseconds(work["head_s"] / tokens * head, source),
        "layer": microseconds((work["dense_s"] / tokens / layers) * body + other, source),
        "context": None,
        "expert": microseconds(work["experts_s"] / work["expert_runs"], source),
        "host": None, "draft": None}


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("programs")
    ask.add_argument("--work")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--json")
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as own:
        bench = Bench(asked.programs, asked.work or own)
        first, first_facts = bench.model(CALIBRATED)
        second, second_facts = bench.model(TESTED)
        tokens = TOKENS - 1

        # Calibration: the least disturbed run of a few; what it computed, and one remainder that a model on paper has not: what passes
        # between an arrival and somebody noticing it, decisions, the loop. It is charged to each layer, because the link goes
        # on meanwhile: of several transfers that a layer waits for, only the last one's delay is felt.
        runs = sorted((bench.decode(first, CALIBRATED["budget"], CALIBRATED["throttle"], CALIBRATED["eviction"])[0] for _ in range(asked.rounds)),
                      key=lambda r: r["time"]["decode_s"])
        calibration = runs[0]
        _, journal = bench.decode(first, CALIBRATED["budget"], CALIBRATED["throttle"], CALIBRATED["eviction"])  # same routing
        work = calibration["time"]["decode_work"]
        seen = bench.simulate(journal, calibration, profile_of(calibration, first_facts, 0, CALIBRATED["throttle"]), CALIBRATED["eviction"])["decode"]
        computed = work["dense_s"] + work["experts_s"] + work["head_s"]
        other = max(0, calibration["time"]["decode_s"] - seen["seconds"]) / tokens / first_facts["moe_layers"]
        print(f"calibrated on {first.name}, {CALIBRATED['budget']}, {CALIBRATED['throttle']} MB/s: {calibration['time']['decode_s'] / tokens * 1e3:.2f} ms/token, "
              f"{computed / tokens * 1e3:.2f} of them computing; {other * 1e6:.0f} us beside each layer")

        rows, equal = [], True
        print(f"{'budget':>7} {'MB/s':>5} {'policy':>9}  {'counters':>9}  {'measured':>9}  {'simulated':>9}  {'error':>6}  (ms/token, least of {asked.rounds} runs, and their spread)")
        for budget, rate, eviction in TESTED["runs"]:
            times, row = [], None
            for _ in range(asked.rounds):
                got_there, journal = bench.decode(second, budget, rate, eviction)
                times.append(got_there["time"]["decode_s"] / tokens)
                profile = profile_of(calibration, first_facts, other, rate, second_facts)
                row = bench.simulate(journal, got_there, profile, eviction)["decode"]
                same = all(row["counters"][c] == got_there["counters"][c] for c in COUNTERS)
                equal = equal and same
            measured, simulated = min(times), row["seconds"] / row["tokens"]
            error = simulated / measured - 1
            rows.append({"budget": budget, "rate": rate, "eviction": eviction, "equal": same, "measured_s": measured, "simulated_s": simulated,
                         "error": error, "spread": max(times) / min(times) - 1})
            print(f"{budget:>7} {rate:>5} {eviction:>9}  {'equal' if same else 'DIFFER':>9}  {measured * 1e3:9.2f}  {simulated * 1e3:9.2f}  {error:+6.1%}  "
                  f"(+- {rows[-1]['spread'] / 2:.1%})")
        if asked.json:
            pathlib.Path(asked.json).write_text(json.dumps({"schema": "moesaic.simulator_error/1", "rows": rows}, indent=1) + "\n")
        return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
