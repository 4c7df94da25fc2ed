#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where does drafting help a model of which only a part of the experts fits? Real decoder, real drafters, a map of cells.

    speculation.py PROGRAMS [--full] [--minutes N] [--out FOLDER] [--only simulated|real]     (PROGRAMS: build/bin)

A cell is a model, a drafter, a share of the experts, compute : read of plain decoding, a machine, and a prompt on which that drafter
does well or badly. Memory is the share plus what the drafter weighs, in every arm: who does not draft has the drafter's bytes as cache.

Simulated time (speculation_cells): everything is computed, the clock is on paper, so a cell has no noise. Two machines: `processor`, on
which each further row of a pass costs .84 of the first and a drafted token as much as a decoded one (measured for this model pair on
one core), and `device`, on which a further row costs .03 and a drafted token .2 (a pass that is bound by its memory).
Real time (moesaic-decode, --throttle): the same on this machine's clock, in a memory cgroup, arms interleaved, medians of rounds.

Every run is written down in FOLDER/runs.jsonl at once; what is there, of the same program and models, is not run again. Ends with status 1 if the ids of any two arms
differ. Standard library only.
"""
import argparse, contextlib, hashlib, json, pathlib, random, statistics, struct, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import speculation_drawn  # noqa: E402
from memory_group import Groups, NotPermitted  # noqa: E402
from peer_machine import content, stop_on_signals  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMPT, WINDOW = 24, 512
ROWS = {"processor": .84, "device": .03}
DRAFT = {"processor": {"self:q4_0": 1.0, "dense": .9}, "device": {"self:q4_0": .2, "dense": .2}}
FIRST_ROW = {"pass": 43_000, "layer": 16_400, "expert": 4_600}  # ns, Q8_0, one core
PLAIN = [("on_demand", {}), ("on_demand", {"eviction": "lrfu"}), ("on_demand", {"eviction": "successor"}), ("prefetching", {}),
         ("mixtral_offloading", {}), ("adapmoe", {}), ("moe_infinity", {}), ("hybrimoe", {}), ("llama_cpp_like", {})]
SPECULATING = [("on_demand", "fixed(4)"), ("moe_speq", None), ("sp_moe", None), ("moe_spac", None)]
GOVERNED = {"self:q4_0": "moe_speq", "dense": "sp_moe", "ngram": "on_demand", "scripted": "on_demand"}  # whose parts governors are tried with
GOVERNORS = ["amortization_roofline(8)", "test_and_set(8)", "goodput(8)", "verification_prefix(8)", "working_set(8)"]
OURS = "working_set(8)"
REAL = [("self:q4_0", .1, True), ("ngram", .1, True), ("scripted", .1, True), ("scripted", .1, False), ("self:q4_0", .5, True), ("self:q4_0", 2.0, True)]


class Stopped(Exception):
    """The minutes are over."""


class Runs:
    """Runs by what was asked; each is asked once, ever."""

    def __init__(self, programs, folder, end):
        self.programs, self.file, self.end = pathlib.Path(programs), folder / "runs.jsonl", end
        self.known, self.process = {}, None
        if not (self.programs / "speculation_cells").is_file():
            sys.exit(f"speculation.py: {self.programs}/speculation_cells was not found; build it (cmake --build ... --target speculation_cells)")
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                try:
                    run = json.loads(line)
                    self.known[run["key"]] = run["answer"]
                except ValueError:
                    pass  # cut off while it was written

    def keep(self, key, answer):
        self.known[key] = answer
        with self.file.open("a") as out:
            out.write(json.dumps({"key": key, "answer": answer}) + "\n")
        return answer

    def ask(self, request):
        # a scripted drafter reads a temporary file; what it says follows from the rest
        named = {k: pathlib.Path(v).name if k == "model" else v.rsplit("/", 1)[0][:15] if k == "draft" and v.startswith("scripted") else
                 pathlib.Path(v).name if k == "draft" else v for k, v in request.items()}
        files = [self.programs / "speculation_cells", request["model"], *(d for d in [request["draft"]] if pathlib.Path(d).is_file())]
        named["files"] = [content(str(file)) for file in files]
        key = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:20]
        if key in self.known:
            return self.known[key]
        if time.monotonic() > self.end:
            raise Stopped
        if self.process is None:
            self.process = subprocess.Popen([str(self.programs / "speculation_cells")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"speculation_cells ended with status {self.process.wait()}; it was asked {json.dumps(request)[:600]}")
        return self.keep(key, json.loads(line))


def prompts(count):
    raw = (ROOT / "tests/data/validation_24x512.u16").read_bytes()
    ids = struct.unpack(f"<{len(raw) // 2}H", raw)
    return [list(ids[i * WINDOW:][:PROMPT]) for i in range(min(count, len(ids) // WINDOW))]


class Bench:
    def __init__(self, runs, models, draft_file, texts, tokens, folder):
        self.runs, self.models, self.draft_file, self.texts, self.tokens, self.folder = runs, models, draft_file, texts, tokens, folder

    def name_of(self, draft):
        return self.draft_file if draft == "dense" else draft

    def request(self, model, machine, prompt, budget, rate, system="on_demand", parts=None, draft="none", governor=None):
        costs = {what: [first, round(first * ROWS[machine])] for what, first in FIRST_ROW.items()}
        token = costs["pass"][0] + self.layers * costs["layer"][0] + self.routed * costs["expert"][0]
        asked = {"model": self.models[model], "draft": self.name_of(draft), "prompt": self.texts[prompt], "tokens": self.tokens, "system": system,
                 "parts": parts or {}, "budget": budget, "rate": rate, "draft_ns": round(token * DRAFT[machine].get(draft, 0)), **costs}
        if governor:
            asked["governor"] = governor
        return asked

    def facts(self, model):
        """Sizes, once a model; the shape follows from them and the counters."""
        self.layers = self.routed = 1
        asked = self.request(model, "device", 0, 0, 1e12)
        asked["tokens"] = 8
        r = self.runs.ask(asked)
        self.layers = r["counters"]["events"] // r["decoded"]
        self.routed = r["counters"]["accesses"] // r["decoded"]
        self.token_s = 1e-9 * (FIRST_ROW["pass"] + self.layers * FIRST_ROW["layer"] + self.routed * FIRST_ROW["expert"])
        return r

    def truth(self, model, prompt):
        ids = self.runs.ask(self.request(model, "device", prompt, 0, 1e12))["ids"]
        path = pathlib.Path(self.folder) / f"{model}.{prompt}"
        if not path.exists():
            path.write_text(" ".join(map(str, ids)))
        return ids, str(path)

    def drafts_by_acceptance(self, model, draft):
        """[does badly, does well]: prompts by how much of four drafted tokens a window is accepted; all experts fit."""
        def accepted(prompt):
            s = self.runs.ask(self.request(model, "device", prompt, 0, 1e12, draft=draft, governor="fixed(4)"))["speculation"]
            return s["accepted"] / max(1, s["drafted"])
        order = sorted(range(len(self.texts)), key=accepted)
        return order[0], order[-1]

    def cell(self, model, draft, share, ratio, machine, well, lengths):
        facts = self.facts(model)
        if draft == "scripted":
            prompt = 0
            draft_name = f"scripted:{'right' if well else 'wrong'}:{self.truth(model, prompt)[1]}"
            weighs = 0
        else:
            prompt = self.drafts_by_acceptance(model, draft)[well]
            draft_name = draft
            weighs = self.runs.ask({**self.request(model, "device", prompt, 0, 1e12, draft=draft, governor="fixed(4)")})["draft_bytes"]
        truth, _ = self.truth(model, prompt)
        budget = int(facts["expert_bytes_total"] * share / 100)
        plain_bytes = moved(self.runs.ask(self.request(model, machine, prompt, budget, 1e12)))
        rate = round(plain_bytes * ratio / self.token_s)
        key = {"model": model, "draft": draft, "share": share, "compute_to_read": ratio, "machine": machine, "drafts": "well" if well else "badly",
               "prompt": prompt, "tokens": self.tokens, "expert_bytes": facts["expert_bytes_total"], "budget": budget, "draft_bytes": weighs, "rate": rate}
        arms = []

        def arm(kind, name, **more):
            r = self.runs.ask(self.request(model, machine, prompt, **more))
            c, s, seconds = r["counters"], r["speculation"], max(1e-12, r["decode_s"])
            arms.append({"kind": kind, "arm": name, "tokens_per_s": r["decoded"] / seconds, "bytes_per_token": moved(r),
                         "acceptance": s["accepted"] / s["drafted"] if s["drafted"] else None, "tokens_per_window": (s["accepted"] + s["windows"]) / s["windows"] if s["windows"] else None,
                         "coverage": r["verify_hits"] / r["verify_accesses"] if r["verify_accesses"] else None, "hit_ratio": c["hits"] / max(1, c["accesses"]),
                         "stall_share": c["stall_s"] / seconds, "drafting_share": s["drafting_s"] / seconds, "memory": r["budget"] + weighs * (kind != "plain"),
                         "same_ids": r["ids"] == truth})

        for system, parts in PLAIN:
            arm("plain", system + "".join(f" {v}" for v in parts.values()), budget=budget + weighs, rate=rate, system=system, parts=parts)
        for system, governor in SPECULATING:
            arm("bundle", system + (f" {governor}" if governor else ""), budget=budget, rate=rate, system=system, draft=draft_name, governor=governor)
        base = GOVERNED[draft]
        for governor in [f"fixed({k})" for k in (0, *lengths)] + GOVERNORS:
            arm("governor", governor, budget=budget, rate=rate, system=base, draft=draft_name, governor=governor)
        return {**key, "governed": base, "arms": arms, **verdict(arms)}


def moved(r):
    c = r["counters"]
    return (c["bytes_demanded"] + c["bytes_prefetched"] + c["bytes_host"]) / r["decoded"]


def verdict(arms):
    best = lambda kind, such=lambda a: True: max((a for a in arms if a["kind"] == kind and such(a)), key=lambda a: a["tokens_per_s"])
    plain, bundle = best("plain"), max((a for a in arms if a["kind"] != "plain" and a["arm"] != "fixed(0)"), key=lambda a: a["tokens_per_s"])
    fixed = best("governor", lambda a: a["arm"].startswith("fixed"))
    of_best = {a["arm"]: a["tokens_per_s"] / fixed["tokens_per_s"] for a in arms if a["arm"] in GOVERNORS}
    systems = {name: next(a for a in arms if a["kind"] == "bundle" and a["arm"] == name)["tokens_per_s"] / plain["tokens_per_s"] for name in ("moe_speq", "sp_moe", "moe_spac")}
    return {"best_plain": plain["arm"], "best_speculating": bundle["arm"], "speculation_over_plain": bundle["tokens_per_s"] / plain["tokens_per_s"], "systems_over_plain": systems,
            "best_fixed": fixed["arm"], "governor_over_best_fixed": of_best}


def real_time(bench, programs, groups, why_not, model, draft, share, ratio, well, rounds):
    """The same cell on this machine's clock. Returns the cell, or why there is none."""
    facts = bench.facts(model)
    prompt = 0 if draft == "scripted" else bench.drafts_by_acceptance(model, draft)[well]
    ids, path = bench.truth(model, prompt)
    draft_name = bench.name_of(draft) if draft != "scripted" else f"scripted:{'right' if well else 'wrong'}:{path}"
    budget = int(facts["expert_bytes_total"] * share / 100)

    def decode(more, budget, limit=None):
        words = [str(programs / "moesaic-decode"), "--model", bench.models[model], "--prompt-ids", ",".join(map(str, bench.texts[prompt])), "--tokens", str(bench.tokens),
                 "--ignore-eos", "--quiet", "--threads", "1", "--direct", "yes", "--budget", f"{budget}B" if budget else "all", "--json", "-", *more]
        with groups.of(limit) if groups else contextlib.nullcontext() as inside:
            done = subprocess.run(words, capture_output=True, text=True, preexec_fn=inside.join if inside else None)
            if done.returncode < 0:
                return {"ended": f"signal {-done.returncode} at a limit of {limit} bytes"}
            if done.returncode != 0:
                sys.exit(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
            return {**json.loads(done.stdout), "memory_peak": inside.peak() if inside else None}

    speculating = ["--draft", draft_name]
    weighs = decode([*speculating, "--governor", "fixed(1)"], 0)["draft_bytes"]
    work = []
    for _ in range(3):
        w = decode([], 0)["time"]["decode_work"]
        work.append((w["dense_s"] + w["experts_s"] + w["head_s"]) / (bench.tokens - 1))
    plain = decode([], budget)
    plain_bytes = sum(plain["counters"][k] for k in ("bytes_demanded", "bytes_prefetched", "bytes_host")) / (bench.tokens - 1)
    rate = plain_bytes * ratio / min(work)
    possible = plain_bytes * (bench.tokens - 1) / max(1e-9, plain["counters"]["stall_s"])
    where = {"model": model, "draft": draft, "share": share, "compute_to_read": ratio, "drafts": "well" if well else "badly", "prompt": prompt, "tokens": bench.tokens,
             "compute_s": min(work), "compute_s_of_runs": work, "rate": rate, "rate_without_throttle": possible, "draft_bytes": weighs, "budget": budget}
    if rate > possible:
        return {**where, "skipped": f"compute : read of {ratio} wants {rate / 1e6:.0f} MB/s, and this machine's storage gave {possible / 1e6:.0f} MB/s"}
    link = ["--throttle", f"{round(rate)}B/s"]
    arms = {"on_demand": (link, budget + weighs), "on_demand lrfu": ([*link, "--eviction", "lrfu"], budget + weighs), "prefetching": ([*link, "--system", "prefetching"], budget + weighs),
            "on_demand fixed(4)": ([*link, *speculating, "--governor", "fixed(4)"], budget)}
    for system in ("moe_speq", "sp_moe", "moe_spac"):
        arms[system] = ([*link, *speculating, "--system", system], budget)
    arms[f"{GOVERNED[draft]} {OURS}"] = ([*link, *speculating, "--system", GOVERNED[draft], "--governor", OURS], budget)
    # the limit: what the arm without a drafter takes, and room for buffers; the drafter's weights are in both
    limit = None
    if groups:
        taken = decode(*arms["on_demand"])["memory_peak"]
        limit = taken and taken + (24 << 20)
        why_not = None if taken else "this kernel does not say what a group took at most (memory.peak: Linux 5.19 and later)"
    seen = {name: [] for name in arms}
    for _ in range(rounds):
        for name, (more, memory) in arms.items():
            seen[name].append(decode(more, memory, limit))
    rows = []
    for name, all_runs in seen.items():
        good = [r for r in all_runs if "ended" not in r]
        if not good:
            rows.append({"arm": name, "void": all_runs[0]["ended"]})
            continue
        speeds = [r["time"]["tokens_per_s"] for r in good]
        middle = sorted(good, key=lambda r: r["time"]["tokens_per_s"])[len(good) // 2]
        c, s = middle["counters"], middle["speculation"]
        rows.append({"arm": name, "runs": len(good), "tokens_per_s": statistics.median(speeds), "lowest": min(speeds), "highest": max(speeds),
                     "bytes_per_token": sum(c[k] for k in ("bytes_demanded", "bytes_prefetched", "bytes_host")) / (bench.tokens - 1),
                     "acceptance": s["accepted"] / s["drafted"] if s["drafted"] else None, "hit_ratio": c["hits"] / max(1, c["accesses"]),
                     "stall_share": c["stall_s"] / middle["time"]["decode_s"], "memory_peak": middle["memory_peak"], "same_ids": all(r["ids"] == ids for r in good)})
    return {**where, "memory_limit": limit, "no_limit_because": why_not, "rounds": rounds, "arms": rows}


def matrix(full, models):
    """Cells, in groups of which the first tell most; scattered within a group, so that a run that is cut short has seen a bit of everything."""
    drafts, ratios = ["self:q4_0", "dense", "ngram", "scripted"], [.1, .5, 2.0]
    if not full:
        return [(models[0], d, 25.0, r, "device", well) for r in (.1, 2.0) for d in reversed(drafts) for well in (True, False)]
    cells = []
    for model in models:
        for machine, shares in (("device", [25.0]), ("device", [12.5, 50.0]), ("processor", [25.0]), ("processor", [12.5, 50.0])):
            part = [(model, d, s, r, machine, well) for s in shares for d in drafts for r in ratios for well in (True, False)]
            random.Random(1).shuffle(part)
            cells += part
    return cells


def save(path, document):
    part = path.with_suffix(".part")
    part.write_text(json.dumps(document, indent=1) + "\n")
    part.replace(path)


def main():
    shared = ROOT.parent / "shared/models"
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("programs")
    ask.add_argument("--full", action="store_true", help="the whole matrix, 288 cells of 512 tokens: an hour")
    ask.add_argument("--tokens", type=int)
    ask.add_argument("--minutes", type=float, default=1e9, help="stop after so many, and draw what is there")
    ask.add_argument("--out", default=str(ROOT / "build/bench/speculation"))
    ask.add_argument("--only", choices=["simulated", "real"])
    ask.add_argument("--cells", type=int, help="only the first so many")
    ask.add_argument("--rounds", type=int, default=3, help="of the real-time arms")
    ask.add_argument("--model", action="append", help="GGUF files in place of the shipped ones")
    ask.add_argument("--draft", default=str(ROOT / "examples/models/moesaic-demo-draft-q8_0.gguf"), help="the drafter that is a model of its own")
    o = ask.parse_args()

    found = o.model or [str(p) for p in (shared / "moesaic-demo-moe-f16.gguf", ROOT / "examples/models/moesaic-demo-moe-q8_0.gguf") if p.exists()]
    models = {pathlib.Path(p).stem.replace("moesaic-demo-moe-", ""): p for p in found}
    if "f16" not in models and not o.model:
        print("moesaic: the F16 model is not here, so a self-drafter weighs half of the target, not a quarter")
    folder = pathlib.Path(o.out)
    folder.mkdir(parents=True, exist_ok=True)
    tokens = o.tokens or (512 if o.full else 128)
    lengths = [1, 2, 4, 6, 8]
    runs = Runs(o.programs, folder, time.monotonic() + 60 * o.minutes)
    done = {"schema": "moesaic.speculation/1", "tokens": tokens, "first_row_ns": FIRST_ROW, "further_row": ROWS, "draft_token": DRAFT, "cells": [], "real_time": []}
    cells, cut = matrix(o.full, list(models))[:o.cells], False
    stop_on_signals()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as inside:
        bench = Bench(runs, models, o.draft, prompts(12 if o.full else 8), tokens, scratch)
        try:
            for place in cells if o.only != "real" else []:
                cell = bench.cell(*place, lengths)
                done["cells"].append(cell)
                save(folder / "speculation.json", done)
                speculation_drawn.print_cell(cell)
            if o.only != "simulated":
                groups = why_not = None
                try:
                    groups = inside.enter_context(Groups())
                except NotPermitted as why:
                    why_not = str(why)
                    print(f"moesaic: memory is not limited: {why}")
                for draft, ratio, well in REAL:
                    if time.monotonic() > runs.end:
                        raise Stopped
                    cell = real_time(bench, pathlib.Path(o.programs), groups, why_not, list(models)[0], draft, 25.0, ratio, well, o.rounds)
                    done["real_time"].append(cell)
                    save(folder / "speculation.json", done)
                    speculation_drawn.print_real(cell)
        except (Stopped, KeyboardInterrupt):
            cut = True
    speculation_drawn.print_summary(done)
    save(folder / "speculation.json", done)
    for name, svg in speculation_drawn.charts(done).items():
        (folder / f"{name}.svg").write_text(svg)
    print(f"{len(done['cells'])} of {len(cells)} cells{', cut short: the same command goes on' if cut else ''}; {folder}/speculation.json and *.svg")
    wrong = [a["arm"] for c in done["cells"] + done["real_time"] for a in c.get("arms", []) if not a.get("same_ids", True)]
    if wrong:
        print(f"ids differ from those without a draft: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
