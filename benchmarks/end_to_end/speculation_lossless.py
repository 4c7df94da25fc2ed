#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Greedy ids with a draft are those without: every drafter, length, budget and system, prompt by prompt.

    speculation_lossless.py --program build/bin/moesaic-decode [--prompts 20] [--tokens 200] [--minutes 60] [--lengths 1,2,...,8]

The matrix is drafters x lengths x budgets x systems x prompts. Its cells are visited in a fixed scattered order, so that a run
that is cut short by --minutes has seen a bit of everything; what was left out is counted. Ends with status 1 if any ids differ.
Prompts are the beginnings of windows of held-out text (tests/data/validation_24x512.u16).
"""
import argparse
import collections
import itertools
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WINDOW = 512
PROMPT = 24


def prompts(count):
    raw = (ROOT / "tests/data/validation_24x512.u16").read_bytes()
    ids = struct.unpack(f"<{len(raw) // 2}H", raw)
    windows = len(ids) // WINDOW
    return [ids[i % windows * WINDOW + i // windows * PROMPT:][:PROMPT] for i in range(count)]


class Decoder:
    def __init__(self, program, model, tokens):
        self.words = [program, "--model", model, "--tokens", str(tokens), "--ignore-eos", "--quiet", "--threads", "1", "--json", "-"]

    def run(self, prompt, budget, *more):
        words = [*self.words, "--prompt-ids", ",".join(map(str, prompt)), "--budget", budget, *more]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)


def main():
    models = ROOT / "examples/models"
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", required=True)
    options.add_argument("--model", default=str(models / "moesaic-demo-moe-q8_0.gguf"))
    options.add_argument("--draft", default=str(models / "moesaic-demo-draft-q8_0.gguf"), help="the drafter that is a model of its own")
    options.add_argument("--prompts", type=int, default=20)
    options.add_argument("--tokens", type=int, default=200)
    options.add_argument("--lengths", default="1,2,3,4,5,6,7,8")
    options.add_argument("--minutes", type=float, default=1e9)
    o = options.parse_args()

    decoder = Decoder(o.program, o.model, o.tokens)
    listed = subprocess.run([o.program, "--system", "list"], capture_output=True, text=True, check=True).stdout
    systems = [line.split()[0] for line in listed.splitlines() if line.strip()]
    texts = prompts(o.prompts)
    with tempfile.TemporaryDirectory() as folder:
        truth = []
        for i, prompt in enumerate(texts):
            report = decoder.run(prompt, "all")
            truth.append(report["ids"])
            (pathlib.Path(folder) / str(i)).write_text(" ".join(map(str, report["ids"])))
        budgets = [str(report["budget"]["floor"]), "25%", "all"]
        drafters = ["ngram", "self:q4_0", o.draft, "scripted:right:", "scripted:wrong:"]
        cells = list(itertools.product(drafters, [int(n) for n in o.lengths.split(",")], budgets, systems, range(len(texts))))
        random.Random(1).shuffle(cells)
        seen, drafted, accepted = (collections.Counter() for _ in range(3))
        wrong = []
        end = time.monotonic() + 60 * o.minutes
        for drafter, length, budget, system, i in cells:
            if time.monotonic() > end:
                break
            name = f"{drafter}{folder}/{i}" if drafter.startswith("scripted") else drafter
            report = decoder.run(texts[i], budget, "--system", system, "--draft", name, "--draft-length", str(length))
            shown = pathlib.Path(drafter).name
            for key in (shown, f"length {length}", system, "floor" if budget == budgets[0] else budget):
                seen[key] += 1
                drafted[key] += report["speculation"]["drafted"]
                accepted[key] += report["speculation"]["accepted"]
            if report["ids"] != truth[i]:
                first = next(n for n, (a, b) in enumerate(zip(report["ids"], truth[i])) if a != b)
                wrong.append(f"{drafter} {length} {budget} {system} prompt {i}: parted at token {first}")
                print(wrong[-1], flush=True)
        runs = sum(n for key, n in seen.items() if key.startswith("length"))
        for key, n in seen.items():
            print(f"{key:34} {n:6} runs  {drafted[key]:9} drafted  {accepted[key] / max(1, drafted[key]):6.1%} accepted")
        print(f"{runs} of {len(cells)} runs of {o.tokens} tokens, {len(wrong)} with other ids; {len(systems)} systems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
