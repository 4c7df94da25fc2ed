#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ablations.py PROGRAMS [--only moe_speq|sp_moe|moe_spac] [--decoder|--simulator] [--tokens N] [--rounds N] [--models FOLDER] [--json F]

Each part of MoE-SpeQ, SP-MoE and MoE-SpAc switched off in turn: in simulation, on the machines of paper_ratios.py, and in
moesaic-decode with the models of FOLDER (../shared/models, else those that ship) behind a slowed link. PROGRAMS holds moesaic-simulate, make_routing and
moesaic-decode. Standard library only.

A row says what is left of the whole system's speed without the part (100 %: the part is worth nothing), the share of accesses
that found their expert, and the bytes moved for a token. Decoder runs of all arms of a system take turns, round after round; the
numbers are medians over the rounds, with the lowest and highest. Every arm has to generate the same tokens: a part that is off may
cost time, never text.
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile

import paper_ratios as papers

ROOT = pathlib.Path(__file__).resolve().parents[2]
THROTTLE = "20MB/s"  # reading an expert of the shipped model then takes 2.7 ms, and what else a machine does matters less
BUDGET = "25%"
PROMPTS = ("python", "scripture")  # where the dense draft is right most and least often


class Arm:
    """`parts` are options of both programs. A `machine` changes what the simulator runs on: such an arm has no decoder run. `length`: fixed."""

    def __init__(self, part, instead, parts=(), length=None, machine=None):
        self.part, self.instead, self.parts, self.length, self.machine = part, instead, list(parts), length, machine

    def simulate(self):
        return self.parts + ([] if self.length is None else ["--draft-length", self.length])

    def decode(self):
        return None if self.machine else self.parts + ([] if self.length is None else ["--governor", f"fixed({self.length})"])


WHOLE = Arm("nothing", "the whole system")
ALONE = Arm("speculation", "no draft", length=0)
ARMS = {
    "moe_speq": [
        WHOLE,
        Arm("lookahead eviction", "lru", ["--eviction", "lru"]),
        Arm("three-phase scheduler", "none", ["--prefetch", "none"]),
        Arm("its third phase", "plans only", ["--prefetch", "three_phases(saturate=0)"]),
        Arm("draft routes", "none", ["--prediction", "none"]),
        Arm("amortization roofline", "4 tokens, always", length=4),
        Arm("asynchronous copies", "one by one", machine="one_by_one"),
        Arm("draft kernel", "the target's kernels", machine="slow_draft"),
        ALONE,
    ],
    "sp_moe": [
        WHOLE,
        Arm("cross-model predictor", "none", ["--prediction", "none"]),
        Arm("prefetch", "none", ["--prefetch", "none"]),
        Arm("cutoff layer", "all layers", ["--prefetch", "static_cutoff(most=65535)"]),
        Arm("analysis", "profile", ["--prefetch", "profiled_cutoff"]),
        Arm("batches", "one at a time", ["--prefetch", "analytic_cutoff(batch=1)"]),
        Arm("lru", "fifo", ["--eviction", "fifo"]),
        Arm("batched copies", "one by one", machine="one_by_one"),
        ALONE,
    ],
    "moe_spac": [
        WHOLE,
        Arm("hysteresis", "recency", ["--scoring", "recency"]),
        Arm("hysteresis", "decayed frequency", ["--scoring", "decayed_frequency"]),
        Arm("refusal to evict", "the lowest leaves", ["--eviction", "least_useful"]),
        Arm("refusal to admit", "forced", ["--admission", "forced"]),
        Arm("multilevel queue", "none", ["--prefetch", "none"]),
        Arm("balanced host", "all missing on the host", ["--placement", "host"]),
        Arm("host", "fetch", ["--placement", "fetch"]),
        Arm("one pool", "one for each layer", ["--scope", "layer"]),
        ALONE,
    ],
}
DRAFTS = {"moe_speq": "self:q4_0", "sp_moe": "dense", "moe_spac": "dense"}
TITLES = {"moe_speq": "MoE-SpeQ", "sp_moe": "SP-MoE", "moe_spac": "MoE-SpAc"}
REPORTED = {("moe_speq", "three-phase scheduler"): .95, ("moe_speq", "draft kernel"): .682}  # Table 4 of MoE-SpeQ, tokens/s of 13.02


def cells(system):
    """Name, model, machines by what an arm may ask for, capacity, and options of all arms: those of paper_ratios.py."""
    c = papers.CONSTANTS[system]
    if system == "moe_speq":
        for slots, memory in ((6, "low"), (16, "high")):
            name = "DeepSeek-V2-Lite"
            m = papers.MODELS[name]
            on = lambda link, draft: papers.machine(name, c[link], c["layer"], draft * m["layers"], c["vram"], kernel=c["kernel"])
            fused, one_by_one = c["draft_layer"].value, c["layer"].value + m["top_k"] * c["kernel"].value
            fidelity = round(c["same_set"].value ** (1 / m["top_k"]), 4)
            yield (f"{name}, {memory}", name, {None: on("pinned", fused), "one_by_one": on("one_by_one", fused), "slow_draft": on("pinned", one_by_one)},
                   f"{(slots + 1e-4) / m['experts'] * 100:.6f}%", ["--acceptance", c["acceptance"].value, "--fidelity", fidelity])
    elif system == "sp_moe":
        for name, gpu, memory, scope in (("Mixtral-8x7B", "RTX 3090", 24, "global"), ("Mixtral-8x7B", "A100", 40, "layer")):
            m = papers.MODELS[name]
            room = papers.sp_moe_room(name, memory)
            on = lambda link: papers.machine(name, c[link], c["layer"], c["layer"].value * m["layers"], c["vram"], c["peak"])
            yield (f"{name}, {gpu}", name, {None: on("batched"), "one_by_one": on("one_by_one")}, f"{room}B",
                   ["--acceptance", c["acceptance"].value, "--fidelity", c["top_1"].value, "--scope", scope])
    else:
        name = "Qwen3-30B-A3B"
        yield (f"{name}, RTX 4090", name, {None: papers.machine(name, c["link"], c["layer"], c["draft"].value, c["vram"], c["peak"], c["host"])}, "16.7%",
               ["--acceptance", c["acceptance"].value])


def simulated(system, simulator):
    for cell, name, machines, capacity, options in cells(system):
        rows = []
        for arm in ARMS[system]:
            took, row = simulator.milliseconds_a_token(name, machines[arm.machine], system, capacity, options + arm.simulate())
            rows.append({"part": arm.part, "instead": arm.instead, "ms": took, "found": row["hit_ratio"],
                         "mb_a_token": sum(link["bytes"] for link in row["links"]) / row["tokens"] / 1e6, "reported": REPORTED.get((system, arm.part))})
        for row in rows:
            row["left"] = rows[0]["ms"] / row["ms"]
        yield {"cell": cell, "routing": simulator.trace(name)[1], "rows": rows}


class Decoder:
    def __init__(self, programs, models, tokens, rounds):
        self.program, self.tokens, self.rounds = pathlib.Path(programs) / "moesaic-decode", tokens, rounds
        first = lambda name: next((p / name for p in (models, ROOT / "examples" / "models") if (p / name).exists()), None)
        self.model, self.draft, self.answers = first("moesaic-demo-moe-q8_0.gguf"), first("moesaic-demo-draft-q8_0.gguf"), first("answers.json")

    def missing(self):
        for what, path in (("moesaic-decode", self.program if self.program.exists() else None), ("the model", self.model), ("its draft", self.draft), ("answers.json", self.answers)):
            if path is None:
                return f"the decoder is left out: {what} is not there"

    def prompts(self):
        return [next(p for p in json.loads(self.answers.read_text())["prompts"] if p["domain"] == wanted)["prompt_ids"] for wanted in PROMPTS]

    def run(self, system, parts, ids):
        draft = self.draft if DRAFTS[system] == "dense" else DRAFTS[system]
        done = subprocess.run([str(a) for a in (self.program, "--model", self.model, "--system", system, "--draft", draft, "--budget", BUDGET, "--throttle", THROTTLE,
                                                "--prompt-ids", ",".join(map(str, ids)), "--tokens", self.tokens, "--ignore-eos", "--threads", 1, "--json", "-", "--quiet", *parts)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"moesaic-decode ended with status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def measure(self, system):
        arms = [arm for arm in ARMS[system] if not arm.machine]
        runs = {arm: [] for arm in arms}
        for _ in range(self.rounds):
            texts = {arm: [] for arm in arms}
            for arm in arms:
                all_of = [self.run(system, arm.decode(), ids) for ids in self.prompts()]
                texts[arm] = [one["ids"] for one in all_of]
                runs[arm].append(all_of)
            for arm in arms:
                if texts[arm] != texts[arms[0]]:
                    sys.exit(f"{system} without {arm.part} generates another text than the whole system: this may not happen")
        total = lambda all_of, of: sum(of(one) for one in all_of)
        seconds = {arm: [total(all_of, lambda one: one["time"]["decode_s"]) for all_of in runs[arm]] for arm in arms}
        rows = []
        for arm in arms:
            last = runs[arm][-1]
            count = lambda key: total(last, lambda one: one["counters"][key])
            left = sorted(whole / own for whole, own in zip(seconds[arms[0]], seconds[arm]))
            drafted = total(last, lambda one: one["speculation"]["drafted"])
            rows.append({"part": arm.part, "instead": arm.instead, "ms": statistics.median(seconds[arm]) / self.tokens / len(PROMPTS) * 1e3,
                         "left": statistics.median(left), "left_range": [left[0], left[-1]], "found": count("hits") / count("accesses"),
                         "mb_a_token": sum(map(count, ("bytes_demanded", "bytes_prefetched", "bytes_host"))) / self.tokens / len(PROMPTS) / 1e6,
                         "accepted": total(last, lambda one: one["speculation"]["accepted"]) / drafted if drafted else None})
        return {"cell": f"{self.model.name}, {BUDGET} of the experts, {THROTTLE}, draft {self.draft.name if DRAFTS[system] == 'dense' else DRAFTS[system]}", "rows": rows}


def table(of, decoded):
    print(f"\n{of['cell']}" + (f", {of['routing']} routing" if "routing" in of else "") + "\n")
    reported = not decoded and any(row["reported"] for row in of["rows"])
    print("| without | instead | speed left | ms a token | found | MB a token |" + (" reported |" if reported else ""))
    print("| --- | --- | --- | --- | --- | --- |" + (" --- |" if reported else ""))
    for row in of["rows"]:
        spread = f" ({row['left_range'][0] * 100:.0f} to {row['left_range'][1] * 100:.0f})" if decoded and row is not of["rows"][0] else ""
        print(f"| {row['part']} | {row['instead']} | {row['left'] * 100:.0f} %{spread} | {row['ms']:.1f} | {row['found'] * 100:.0f} % | {row['mb_a_token']:.{1 if decoded else 0}f} |"
              + ((f" {row['reported'] * 100:.0f} % |" if row["reported"] else " |") if reported else ""), flush=True)


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("programs"); ask.add_argument("--only", choices=ARMS); ask.add_argument("--json")
    which = ask.add_mutually_exclusive_group()
    which.add_argument("--decoder", action="store_true"); which.add_argument("--simulator", action="store_true")
    ask.add_argument("--tokens", type=int, default=4096, help="simulated; the decoder generates one for 64 of them"); ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--traces", default=str(ROOT.parent / "shared" / "traces")); ask.add_argument("--models", default=str(ROOT.parent / "shared" / "models"))
    asked = ask.parse_args()
    decoder = Decoder(asked.programs, pathlib.Path(asked.models), max(asked.tokens // 64, 1), asked.rounds)
    left_out = None if asked.simulator else decoder.missing()
    if left_out and asked.decoder:
        sys.exit(left_out)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        simulator = None if asked.decoder else papers.Simulator(asked.programs, asked.traces, folder, asked.tokens)
        for system in [asked.only] if asked.only else ARMS:
            print(f"\n## {TITLES[system]}")
            results[system] = {"simulated": [], "decoded": None}
            for of in simulated(system, simulator) if simulator else ():
                results[system]["simulated"].append(of)
                table(of, False)
            if not asked.simulator and not left_out:
                results[system]["decoded"] = decoder.measure(system)
                table(results[system]["decoded"], True)
    if left_out:
        print("\n" + left_out)
    if asked.json:
        path = pathlib.Path(asked.json)
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"schema": "moesaic.ablations/1", "tokens": asked.tokens, "rounds": asked.rounds, "systems": results}, indent=1) + "\n")
        part.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
