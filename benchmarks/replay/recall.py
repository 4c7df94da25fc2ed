# SPDX-License-Identifier: MIT
"""Measures what predictors find and writes the tables of docs/reference/recall.md anew; its prose stays.

    python3 benchmarks/replay/recall.py --programs build/bin --traces FOLDER [--page docs/reference/recall.md]

FOLDER holds the public traces by their names below; one that is not there leaves its rows out. The last table decodes 1,500
tokens of the evaluation text with the shipped model. Standard library only. About ten minutes on one core.
"""
import argparse
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACES = (("gpt-oss-20b", "gptoss20b_decode"), ("DSV2-Lite intent", "dsv2lite_esft_intent"), ("DSV2-Lite law", "dsv2lite_esft_law"),
          ("DSV2-Lite summary", "dsv2lite_esft_summary"), ("Qwen3-30B k6", "qwen3_30b_a3b_k6"), ("OLMoE", "olmoe1b7b_decode299"))
ALL = ("popularity", "previous_step", "decayed_frequency", "successors", "co_occurrence", "naive_bayes(sources=1,weight=100)", "naive_bayes", "blend", "linear")
FAR = ("transition_counts(horizon=8)", "co_occurrence(horizon=8)", "naive_bayes(horizon=8)", "blend(horizon=8)", "linear(horizon=8)")


def number(value):
    return f"{value:.3f}".lstrip("0")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


class Programs:
    def __init__(self, folder):
        self.folder = folder

    def recall(self, trace, predictors, *options):
        out = subprocess.run([self.folder / "moesaic-trace", "recall", trace, "--predictor", ",".join(predictors), *options, "--json", "-"],
                             check=True, capture_output=True, text=True).stdout
        return {(row["predictor"], row["ahead"], row["at"]): row["recall"] for row in json.loads(out)["rows"]}, json.loads(out)["rows"][0]

    def decode(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            answer = pathlib.Path(folder, "answer.json")
            subprocess.run([self.folder / "moesaic-decode", *options, "--quiet", "--json", answer], check=True, capture_output=True)
            return json.loads(answer.read_text())


def held_out(programs, traces, spread):
    rows = []
    for name, path in traces:
        found, any_row = programs.recall(path, ALL, "--ahead", "1,2", *(["--spread"] if spread else []))
        k = any_row["top_k"]
        if spread and any_row["sequences"] == 1:
            continue
        one = [number(found[p, 1, k]) for p in ALL]
        rows.append([name, number(any_row["random"]), *one[:5], number(found["co_occurrence", 2, k]), *one[5:]])
    head = ["trace", "random", "popularity", "previous step", "decayed frequency", "successors", "co-occurrence, layer l-1", "co-occurrence, layer l-2",
            "naive Bayes, classical", "naive Bayes", "blend", "linear"]
    return table(head, rows)


def learning_on(programs, traces):
    rows, predictors = [], ("co_occurrence", "naive_bayes", "blend", "linear")
    for name, path in traces:
        found, any_row = programs.recall(path, predictors, "--keep-learning")
        rows.append([name, *(number(found[p, 1, any_row["top_k"]]) for p in predictors)])
    return table(["trace", "co-occurrence", "naive Bayes", "blend", "linear"], rows)


def more_names(programs, traces):
    rows = []
    for name, path in traces:
        if name == "gpt-oss-20b":
            continue  # sixteen names are half of its layers
        predictors = ALL if name == "DSV2-Lite law" else ("blend", "linear")
        found, any_row = programs.recall(path, predictors, "--at", "6,8,12,16")
        rows += [[name, f"`{p}`", *(number(found[p, 1, at]) for at in (6, 8, 12, 16))] for p in predictors]
    return table(["trace", "predictor", "@6", "@8", "@12", "@16"], rows)


def far_ahead(programs, traces):
    rows, distances = [], (1, 2, 4, 8)
    for name, path in (t for t in traces if t[0] in ("DSV2-Lite law", "Qwen3-30B k6", "OLMoE")):
        found, any_row = programs.recall(path, FAR, "--ahead", ",".join(map(str, distances)), "--keep-learning")
        rows += [[name, f"`{p}`", *(number(found[p, d, any_row["top_k"]]) for d in distances)] for p in FAR]
    return table(["trace", "predictor", "1 layer ahead", "2", "4", "8"], rows)


def hidden_states(programs, model):
    ids = [str(i) for i in struct.unpack("<1509H", (ROOT / "tests/data/validation_24x512.u16").read_bytes()[:3018])]
    distances = (1, 2, 3, 4)
    with tempfile.TemporaryDirectory() as folder:
        forced, journal = pathlib.Path(folder, "forced"), pathlib.Path(folder, "run.journal")
        forced.write_text(" ".join(ids[9:]))
        run = programs.decode("--model", model, "--budget", "all", "--prompt-ids", ",".join(ids[:9]), "--force-ids", forced, "--tokens", "1500", "--ignore-eos",
                              "--prediction", "next_gate(horizon=4)", "--journal", journal)
        named = {d["layers"]: d["recall"] for d in run["look_ahead"]}
        tables = ["previous_step"] + [f"{p}(horizon=4)" for p in ("co_occurrence", "naive_bayes", "blend", "linear")]
        found, any_row = programs.recall(journal, tables, "--ahead", "1,2,3,4", "--from-layer", "1", "--keep-learning")
    rows = [["`next_gate`: hidden states", *(number(named[d]) for d in distances)]]
    rows += [[f"`{p}`", *(number(found[p, d, any_row["top_k"]]) for d in distances)] for p in tables]
    return table(["predictor", "1 layer ahead", "2", "3", "4"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/bin")
    parser.add_argument("--traces", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "examples/models/moesaic-demo-moe-q8_0.gguf")
    parser.add_argument("--tables", default="held out,spread,learning on,more names,far ahead,hidden states", help="which to make anew")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs/reference/recall.md")
    given = parser.parse_args()
    traces = [(name, given.traces / f"{file}.bin.xz") for name, file in TRACES]
    there = [(name, path) for name, path in traces if path.is_file()]
    if not there:
        sys.exit(f"recall.py: {given.traces} holds none of the traces; expected {TRACES[0][1]}.bin.xz and others")
    programs, page = Programs(given.programs), given.page.read_text()
    for mark, made in (("held out", lambda: held_out(programs, there, False)), ("spread", lambda: held_out(programs, there, True)),
                       ("learning on", lambda: learning_on(programs, there)), ("more names", lambda: more_names(programs, there)),
                       ("far ahead", lambda: far_ahead(programs, there)),
                       ("hidden states", lambda: hidden_states(programs, given.model))):
        if mark not in given.tables.split(","):
            continue
        print(f"recall.py: {mark}", file=sys.stderr)
        pattern = re.compile(rf"(<!-- table: {mark} -->\n).*?(<!-- end -->)", re.S)
        if not pattern.search(page):
            sys.exit(f"recall.py: {given.page} has no place `<!-- table: {mark} -->` ... `<!-- end -->`")
        content = made()
        page = pattern.sub(lambda found: found[1] + content + "\n" + found[2], page)
        given.page.write_text(page)


main()
