#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The models of the comparison, two streams of tokens over them, and what their routing is like.

    big_model.py make FILE.gguf --programs build/bin [--form q8_0|q4_k|small] [--seed 1]
    big_model.py streams FOLDER --model FILE.gguf --programs build/bin [--tokens 160]

`streams` writes topics.ids and random.ids, runs both through moesaic-decode, and prints for each: how many of a token's
experts the token before it used in the same layer, and what an LRU cache of 25 and 50 % would hit. A stream whose
layers use few of their experts would be no test of memory; that is an error.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys

TOPICS = 48
VOCABULARY = 16384
STRETCH = 40  # tokens before the topic changes

COMMON = ["--architecture", "qwen3moe", "--vocabulary", str(VOCABULARY), "--topics", str(TOPICS), "--embedding-gain", "2", "--attention-gain", "0.3"]
LARGE = ["--layers", "24", "--width", "1024", "--heads", "16", "--kv-heads", "4", "--head-width", "128", "--experts", "128", "--top-k", "8", "--inner", "512"]
FORMS = {
    "q8_0": LARGE + ["--type", "Q8_0"],
    "q4_k": LARGE + ["--type", "Q4_K"],
    # Everything but the inside of an expert as in the large one: routing behaves alike, a run takes seconds.
    "small": LARGE[:-1] + ["64", "--type", "Q8_0"],
}


def make(path, form, programs, seed):
    subprocess.run([os.path.join(programs, "moesaic-make-model"), path, "--seed", str(seed)] + COMMON + FORMS[form], check=True)


def stream(kind, tokens, seed):
    """`topics`: stretches of tokens of one topic. `random`: any token. One is ahead: the prompt."""
    draw = random.Random(f"{kind} {seed}")
    ids, per_topic = [], VOCABULARY // TOPICS
    while len(ids) < tokens + 1:
        if kind == "random":
            ids.append(draw.randrange(VOCABULARY))
            continue
        topic = draw.randrange(TOPICS)
        first = -(-topic * VOCABULARY // TOPICS)  # the first token of the topic, as the model was made
        ids += [first + draw.randrange(per_topic) for _ in range(STRETCH)]
    return ids[: tokens + 1]


def routing(model, ids, programs, folder):
    """[token][layer] -> set of experts"""
    forced, lines = os.path.join(folder, "routing.ids"), os.path.join(folder, "routing.txt")
    with open(forced, "w") as f:
        f.write(" ".join(map(str, ids[1:])))
    subprocess.run([os.path.join(programs, "moesaic-decode"), "--model", model, "--budget", "25%", "--prompt-ids", str(ids[0]), "--force-ids", forced,
                    "--tokens", str(len(ids) - 1), "--ignore-eos", "--routing", lines, "--context", str(len(ids) + 8), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    used = collections.defaultdict(dict)
    with open(lines) as f:
        for line in f:
            words = line.split()
            used[int(words[0])][int(words[1])] = frozenset(map(int, words[2 : 2 + (len(words) - 2) // 2]))
    os.remove(forced), os.remove(lines)
    return [used[p] for p in sorted(used)]


def lru_hits(tokens, share, experts):
    """Share of uses that an LRU cache of `share` of each layer's experts answers, event by event."""
    hits = uses = 0
    for layer in tokens[0]:
        held = collections.OrderedDict()
        for token in tokens:
            wanted = token[layer]
            uses += len(wanted)
            hits += sum(e in held for e in wanted)
            for e in sorted(wanted):
                held.pop(e, None)
                held[e] = True
            while len(held) > share * experts:
                held.popitem(last=False)
    return hits / uses


def describe(tokens, experts=128):
    same = uses = 0
    for before, now in zip(tokens, tokens[1:]):
        for layer in now:
            same += len(now[layer] & before[layer])
            uses += len(now[layer])
    distinct = [len(set().union(*(t[layer] for t in tokens))) for layer in tokens[0]]
    pairs = [(tokens[i][layer], tokens[j][layer]) for layer in tokens[0] for i, j in zip(range(0, len(tokens), 7), range(len(tokens) // 2, len(tokens), 11))]
    return {
        "tokens": len(tokens),
        "reuse": same / uses,
        "overlap_far_apart": sum(len(a & b) for a, b in pairs) / sum(len(a) for a, _ in pairs),
        "distinct_experts": [min(distinct), sum(distinct) / len(distinct), max(distinct)],
        "lru_hit_ratio": {f"{round(100 * share)}%": lru_hits(tokens, share, experts) for share in (0.25, 0.5)},
    }


def streams(folder, model, programs, tokens, seed):
    os.makedirs(folder, exist_ok=True)
    found = {}
    for kind in ("topics", "random"):
        ids = stream(kind, tokens, seed)
        with open(os.path.join(folder, kind + ".ids"), "w") as f:
            f.write(" ".join(map(str, ids)) + "\n")
        found[kind] = d = describe(routing(model, ids, programs, folder))
        print(f"{kind:7s} {d['tokens']} tokens: {100 * d['reuse']:.0f} % of a token's experts were the last token's; LRU would hit "
              f"{100 * d['lru_hit_ratio']['25%']:.0f} % at 25 %, {100 * d['lru_hit_ratio']['50%']:.0f} % at 50 % of a layer; "
              f"layers used {d['distinct_experts'][0]} to {d['distinct_experts'][2]} of 128 experts; "
              f"tokens far apart share {100 * d['overlap_far_apart']:.0f} %", flush=True)
    if found["random"]["distinct_experts"][0] < 96 or found["random"]["overlap_far_apart"] > 0.25:
        sys.exit("big_model: routing has collapsed: tokens that have nothing in common share their experts; this model measures nothing")
    with open(os.path.join(folder, "streams.json"), "w") as f:
        json.dump(found, f, indent=1)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "streams"])
    parser.add_argument("place")
    parser.add_argument("--programs", default="build/bin")
    parser.add_argument("--form", choices=sorted(FORMS), default="q8_0")
    parser.add_argument("--model")
    parser.add_argument("--tokens", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    if o.what == "make":
        make(o.place, o.form, o.programs, o.seed)
    elif o.model is None:
        parser.error("streams need --model FILE.gguf")
    else:
        streams(o.place, o.model, o.programs, o.tokens, o.seed)


if __name__ == "__main__":
    main()
