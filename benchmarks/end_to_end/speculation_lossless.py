#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Greedy ids with a draft are those without: every drafter, length, budget and system, over many prompts.

    speculation_lossless.py build/bin [--model M] [--draft D] [--prompts 20] [--tokens 200] [--lengths 1,2,...,8] [--minutes N] [--out FOLDER]

A cell is a drafter, a length, a budget and a system; it has all prompts. What a cell said goes to FOLDER/lossless.jsonl at once, and
is not asked again of the same program and model: a run that was cut short goes on where it stood. Cells are visited in a fixed
scattered order, so that a short run has seen a bit of everything. FOLDER/lossless.json is the sum; what is left out is counted there.

Decoding is lossless_runs: the parts of moesaic-decode with one model for all runs, and a link that reports experts late and in other
orders. Before anything is counted, a run that takes every drafted token has to be found out. Ends with status 1 if any ids differ.
Prompts are cut from held-out text (tests/data/validation_24x512.u16). Standard library only.
"""
import argparse
import collections
import hashlib
import itertools
import json
import pathlib
import queue
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WINDOW, PROMPT = 512, 24
BUDGETS = ("floor", "25%", "all")


def prompts(count):
    raw = (ROOT / "tests/data/validation_24x512.u16").read_bytes()
    ids = struct.unpack(f"<{len(raw) // 2}H", raw)
    windows = len(ids) // WINDOW
    return [ids[i % windows * WINDOW + i // windows * PROMPT:][:PROMPT] for i in range(count)]


class Decoder:
    """One process, one answer a request."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"lossless_runs ended with status {self.process.wait()}; it was asked for {json.dumps(request)[:300]}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def fingerprint(*paths):
    whole = hashlib.sha256()
    for path in paths:
        whole.update(pathlib.Path(path).read_bytes())
    return whole.hexdigest()[:16]


class Matrix:
    def __init__(self, asked, folder):
        self.asked, self.texts = asked, prompts(asked.prompts)
        self.program = str(pathlib.Path(asked.programs) / "lossless_runs")
        self.of = fingerprint(self.program, asked.model, *([asked.draft] if asked.draft else []))
        out = pathlib.Path(asked.out)
        out.mkdir(parents=True, exist_ok=True)
        self.store, self.sum = out / "lossless.jsonl", out / "lossless.json"
        decoder = Decoder(self.program)
        same = dict(model=asked.model, tokens=asked.tokens)
        self.truth = decoder.ask(**same, system="on_demand", length=0, budget="all", runs=[{"prompt": p, "draft": "none"} for p in self.texts])["ids"]
        self.scripts = [pathlib.Path(folder) / str(i) for i in range(len(self.texts))]
        for path, ids in zip(self.scripts, self.truth):
            path.write_text(" ".join(map(str, ids)))
        control = decoder.ask(**same, system="on_demand", length=4, budget="all", credulous=True, runs=self.runs("scripted:wrong"))["ids"]
        decoder.close()
        if any(said == true for said, true in zip(control, self.truth)):
            sys.exit("a run that takes every wrong token was not found out: this comparison would see nothing")

    def runs(self, drafter):
        return [{"prompt": p, "draft": f"{drafter}:{path}" if drafter.startswith("scripted") else drafter} for p, path in zip(self.texts, self.scripts)]

    def cells(self):
        systems = [line.split()[0] for line in subprocess.run([str(pathlib.Path(self.asked.programs) / "moesaic-decode"), "--system", "list"], capture_output=True,
                                                              text=True, check=True).stdout.splitlines() if line.strip()]
        drafters = ["ngram", "self:q4_0", *([self.asked.draft] if self.asked.draft else []), "scripted:right", "scripted:wrong"]
        all_of_them = list(itertools.product(drafters, [int(n) for n in self.asked.lengths.split(",")], BUDGETS, systems))
        random.Random(1).shuffle(all_of_them)
        return all_of_them

    def key(self, cell):
        drafter, length, budget, system = cell
        return {"of": self.of, "model": pathlib.Path(self.asked.model).name, "draft": pathlib.Path(drafter).name, "length": length, "budget": budget, "system": system,
                "prompts": len(self.texts), "tokens": self.asked.tokens}

    def known(self):
        """What is written down, by key. A line that was cut short is none."""
        lines = {}
        for line in self.store.read_text().splitlines() if self.store.exists() else []:
            try:
                said = json.loads(line)
            except json.JSONDecodeError:
                continue
            lines[json.dumps(said["cell"], sort_keys=True)] = said
        return lines

    def visit(self, cell, decoder):
        drafter, length, budget, system = cell
        began = time.monotonic()
        said = decoder.ask(model=self.asked.model, tokens=self.asked.tokens, system=system, length=length, budget=budget, runs=self.runs(drafter))
        different = [{"prompt": i, "token": next((n for n, (a, b) in enumerate(zip(ids, true)) if a != b), min(len(ids), len(true)))}
                     for i, (ids, true) in enumerate(zip(said.pop("ids"), self.truth, strict=True)) if ids != true]
        return {"cell": self.key(cell), **said, "different": different, "seconds": round(time.monotonic() - began, 3)}

    def run(self):
        cells, known, end = self.cells(), self.known(), time.monotonic() + 60 * self.asked.minutes
        waiting, lock, trouble = queue.SimpleQueue(), threading.Lock(), []
        for cell in cells:
            if json.dumps(self.key(cell), sort_keys=True) not in known:
                waiting.put(cell)
        with self.store.open("a") as store:
            store.write("\n")  # behind a line that was cut short

            def work():
                decoder = Decoder(self.program)
                try:
                    while time.monotonic() < end and not trouble:
                        said = self.visit(waiting.get_nowait(), decoder)
                        with lock:
                            store.write(json.dumps(said) + "\n")
                            store.flush()
                except queue.Empty:
                    pass
                except Exception as why:  # of another thread, and told by this one
                    trouble.append(why)
                decoder.close()

            crew = [threading.Thread(target=work) for _ in range(self.asked.processes)]
            for thread in crew:
                thread.start()
            for thread in crew:
                thread.join()
        if trouble:
            sys.exit(str(trouble[0]))
        return cells, [said for cell in cells if (said := self.known().get(json.dumps(self.key(cell), sort_keys=True)))]


def summed_up(cells, done):
    per = collections.defaultdict(collections.Counter)
    for said in done:
        c = said["cell"]
        for what in ("all", f"draft {c['draft']}", f"length {c['length']}", f"budget {c['budget']}", f"system {c['system']}"):
            per[what].update(cells=1, runs=c["prompts"], tokens=c["prompts"] * c["tokens"], drafted=said["drafted"], accepted=said["accepted"], different=len(said["different"]))
    first = done[0]["cell"] if done else {}
    return {"schema": "moesaic.lossless/1", "model": first.get("model"), "prompts": first.get("prompts"), "tokens": first.get("tokens"), "cells": len(cells), "cells_done": len(done),
            "by": dict(per), "different": [{**said["cell"], **d} for said in done for d in said["different"]], "seconds": round(sum(said["seconds"] for said in done))}


def main():
    models = ROOT / "examples/models"
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("programs", help="the folder of lossless_runs and moesaic-decode")
    ask.add_argument("--model", default=str(models / "moesaic-demo-moe-q8_0.gguf"))
    ask.add_argument("--draft", default=str(models / "moesaic-demo-draft-q8_0.gguf"), help="the drafter that is a model of its own; empty: none")
    ask.add_argument("--prompts", type=int, default=20)
    ask.add_argument("--tokens", type=int, default=200)
    ask.add_argument("--lengths", default="1,2,3,4,5,6,7,8")
    ask.add_argument("--minutes", type=float, default=1e9)
    ask.add_argument("--processes", type=int, default=2)
    ask.add_argument("--out", default=str(ROOT / "build/bench/lossless"))
    asked = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        matrix = Matrix(asked, folder)
        total = summed_up(*matrix.run())
    part = matrix.sum.with_suffix(".part")
    part.write_text(json.dumps(total, indent=1) + "\n")
    part.replace(matrix.sum)
    for what, n in sorted(total["by"].items()):
        print(f"{what:36} {n['cells']:5} cells {n['runs']:6} runs {n['tokens']:8} tokens {n['drafted']:8} drafted  {n['accepted'] / max(1, n['drafted']):6.1%} accepted  {n['different']} different")
    for d in total["different"][:20]:
        print(f"{d['draft']} {d['length']} {d['budget']} {d['system']}: prompt {d['prompt']} parted at token {d['token']}")
    print(f"{total['cells_done']} of {total['cells']} cells of {asked.prompts} prompts x {asked.tokens} tokens, {len(total['different'])} runs with other ids")
    return 1 if total["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
