# SPDX-License-Identifier: MIT
"""Writes golden_hits.hpp: what each predictor finds on the two small traces, counted by a program that shares no line with
the library and keeps everything in dictionaries. Written from the headers' comments.

    golden_hits.py ../data/traces > golden_hits.hpp
"""
import math
import pathlib
import struct
import sys
from collections import defaultdict
from fractions import Fraction

TRACES = ("gptoss20b_6x96", "dsv2lite_law_2x128")
STEPS = 100  # of the first sequences: this is a slow program


def read(path):
    data = path.read_bytes()
    layers, experts, top_k, sequences, tokens, _ = struct.unpack_from("<6I", data, 8)
    ids = data[32 + 16 * sequences:]
    size = layers * top_k
    steps = [[sorted(ids[t * size + l * top_k:t * size + (l + 1) * top_k]) for l in range(layers)] for t in range(tokens)]
    return layers, experts, top_k, steps[:STEPS]


def log2(x):
    """In 2^-10, the bits behind the first nine cut off, then nearest."""
    exponent = x.bit_length() - 1
    mantissa = x >> exponent - 9 if exponent >= 9 else x << 9 - exponent
    return exponent * 1024 + math.floor(1024 * math.log2((mantissa % 512 + 512) / 512) + 0.5)


def best(scores, many):
    return sorted(scores, key=lambda e: (-scores[e], e))[:many]


class Past:
    """All events, by the number of the layer event they are."""

    def __init__(self, layers, experts, top_k):
        self.layers, self.experts, self.top_k = layers, experts, top_k
        self.sets = {}

    def ago(self, now, back):
        return self.sets.get(now - back, [])


def shares(pairs, uses, key, sources, experts):
    odds = defaultdict(int)
    for a in sources:
        n = uses[key, a]
        if n:
            for b in range(experts):
                odds[b] += pairs[key, a, b] * (2**30 // n) >> 15
    return {b: o for b, o in odds.items() if o}


class Pairs:
    def __init__(self, past, distances):
        self.past, self.distances = past, distances
        self.pairs, self.uses = defaultdict(int), defaultdict(int)

    def learn(self, now, layer, wanted):
        for d in self.distances:
            for a in self.past.ago(now, d):
                self.uses[(d, layer), a] += 1
                for b in wanted:
                    self.pairs[(d, layer), a, b] += 1


def previous_step(past):
    def hear(now, layer, wanted):
        past.sets[now] = wanted
        yield layer, wanted
    return hear


def popularity(past):
    uses = defaultdict(int)

    def hear(now, layer, wanted):
        for e in wanted:
            uses[layer, e] += 1
        yield layer, best({e: n for (l, e), n in uses.items() if l == layer}, past.top_k)
    return hear


def bits(value):
    return struct.unpack("<q", struct.pack("<d", value))[0] >> 12


def rates(used, layer, token, half_life):
    """log2 of the decayed counts in 2^-10, a straight line between powers of two."""
    sums = defaultdict(float)
    for (l, e), tokens in used.items():
        if l == layer:
            for t in tokens:
                sums[e] += 2.0 ** (t / half_life)
    now = bits(2.0 ** (token / half_life))
    return {e: max(bits(s) - now >> 30, -6 * 1024) for e, s in sums.items()}


def decayed_frequency(past):
    used = defaultdict(list)

    def hear(now, layer, wanted):
        token = now // past.layers
        for e in wanted:
            used[layer, e].append(token)
        yield layer, best(rates(used, layer, token, 8), past.top_k)
    return hear


def successors(past):
    table = Pairs(past, [past.layers])

    def hear(now, layer, wanted):
        table.learn(now, layer, wanted)
        past.sets[now] = wanted
        yield layer, best(shares(table.pairs, table.uses, (past.layers, layer), wanted, past.experts), past.top_k)
    return hear


def co_occurrence(past):
    table = Pairs(past, [1, 2])

    def hear(now, layer, wanted):
        table.learn(now, layer, wanted)
        past.sets[now] = wanted
        for ahead in (1, 2):
            due = (layer + ahead) % past.layers
            yield due, best(shares(table.pairs, table.uses, (ahead, due), wanted, past.experts), past.top_k)
    return hear


def evidence(past, base):
    table, uses, events = Pairs(past, [1, 2, 3]), defaultdict(int), defaultdict(int)

    def hear(now, layer, wanted):
        table.learn(now, layer, wanted)
        events[layer] += 1
        for e in wanted:
            uses[layer, e] += 1
        past.sets[now] = wanted
        scored = base(now, layer, wanted, uses)
        for ahead in (1, 2):
            due = (layer + ahead) % past.layers
            scores = scored(due)
            for back in (0, 1):
                known = [a for a in past.ago(now, back) if table.uses[(ahead + back, due), a]]
                for b in scores:
                    if uses[due, b] == 0:
                        continue
                    says = 0
                    for a in known:
                        key = ahead + back, due
                        says += log2(table.pairs[key, a, b] * events[due] + 8 * uses[due, b]) - log2(table.uses[key, a] + 8)
                        says -= log2(uses[due, b])
                    scores[b] += math.trunc(Fraction(says * 50, 100))
            yield due, best(scores, past.top_k)
    return hear


def naive_bayes(past):
    return evidence(past, lambda now, layer, wanted, uses: lambda due: {e: log2(uses[due, e]) for e in range(past.experts) if uses[due, e]})


def blend(past):
    used = defaultdict(list)

    def base(now, layer, wanted, uses):
        for e in wanted:
            used[layer, e].append(now // past.layers)
        return lambda due: rates(used, due, now // past.layers, 8)
    return evidence(past, base)


def linear(past):
    weights, seen = defaultdict(int), defaultdict(int)

    def estimate(key, sources):
        scores = [weights[key, "bias", b] for b in range(past.experts)]
        for kind, source in enumerate(sources):
            for a in source:
                for b in range(past.experts):
                    scores[b] += weights[key, (kind, a), b]
        return scores

    def move(name, step, errors):
        for b, error in enumerate(errors):
            weights[(*name, b)] = max(-2**15, min(2**15 - 1, weights[(*name, b)] + (error * step + 2**15 >> 16)))

    def hear(now, layer, wanted):
        for ahead in (1, 2):
            sources = past.ago(now, ahead), past.ago(now, ahead + 1), past.ago(now, past.layers)
            if not sources[0]:
                continue
            key = ahead, layer
            active = sum(map(len, sources))
            errors = [max(-2**16, min(2**16, (2**14 if b in wanted else 0) - s)) for b, s in enumerate(estimate(key, sources))]
            move((key, "bias"), 2**15 // (active + 1), errors)
            for kind, source in enumerate(sources):
                for a in source:
                    step = max(2**15 // 20, 2**15 * 32 // (32 + seen[key, kind, a]))
                    seen[key, kind, a] += 1
                    move((key, (kind, a)), step // (active + 1), errors)
        past.sets[now] = wanted
        for ahead in (1, 2):
            due = (layer + ahead) % past.layers
            scores = estimate((ahead, due), (wanted, past.ago(now, 1), past.ago(now, past.layers - ahead)))
            yield due, best({b: s for b, s in enumerate(scores) if s > 0}, past.top_k)
    return hear


def hits(trace, predictor):
    layers, experts, top_k, steps = trace
    hear = predictor(Past(layers, experts, top_k))
    found, expected = [0, 0], {}
    for step, sets in enumerate(steps):
        for layer, wanted in enumerate(sets):
            expected.pop(layer, None)
            expected.update(hear(step * layers + layer, layer, wanted))
            for ahead in (1, 2):
                if layer + ahead < layers:
                    found[ahead - 1] += len(set(expected.get(layer + ahead, [])) & set(sets[layer + ahead]))
    return found


folder = pathlib.Path(sys.argv[1])
print("// SPDX-License-Identifier: MIT")
print("#pragma once\n")
print("#include <cstdint>\n")
print("/// Made by golden_hits.py, which shares no line with the library.")
print("namespace moesaic::golden {\n")
print("/// Experts found one and two layers ahead, by naming top-k, in the first steps of a trace.")
print("struct found {\n  const char* trace;\n  const char* predictor;\n  std::uint64_t one, two;\n};")
print(f"inline constexpr std::uint32_t steps_of_found = {STEPS};")
print("inline constexpr found hits[] = {")
for name in TRACES:
    trace = read(folder / f"{name}.bin")
    for predictor in (previous_step, popularity, decayed_frequency, successors, co_occurrence, naive_bayes, blend, linear):
        one, two = hits(trace, predictor)
        print(f'    {{"{name}", "{predictor.__name__}", {one}, {two}}},', flush=True)
print("};\n\n}  // namespace moesaic::golden")
