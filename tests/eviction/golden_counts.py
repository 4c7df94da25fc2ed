# SPDX-License-Identifier: MIT
"""Makes golden_counts.hpp: misses of a made-up trace, counted by dictionaries and sorting, apart from the library.

    python3 tests/eviction/golden_counts.py > tests/eviction/golden_counts.hpp

Keys as in the counting rules, smallest leaves first, equal keys: the lower (layer, expert). Decayed counts are exact
fractions of the golden half-life 1, where every use is worth a power of two. Evidence of `successor` is worked out from
the layer's whole past at every question, in the whole units that its header names.
"""

STEPS, LAYERS, EXPERTS, WANTED = 400, 3, 16, 4


def made_up_trace():
    state = 2026

    def below(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    for step in range(STEPS):
        for layer in range(LAYERS):
            wanted = set()
            while len(wanted) < WANTED:
                first, second = below(EXPERTS), below(EXPERTS)
                wanted.add((min(first, second) + (0 if step < STEPS // 2 else 5 * layer)) % EXPERTS)
            yield step, layer, [(layer, e) for e in sorted(wanted)]


def log2(number):
    """In 2^-25, straight between powers of two, rounded down; for evidence, in 2^-24, the last bit is dropped."""
    whole = number.bit_length() - 1
    return (whole << 25) + ((number - (1 << whole)) << 25 >> whole)


def evidence(x, past):
    """5 log2(A / (|S| z)) - 4 log2 p of one expert; `past`: (token, experts) of each event of its layer."""
    trace, row, uses, everything, followed, before = {}, {}, {}, 0, 0, None
    for token, experts in past:
        left = 256 if before is None else (181, 128, 91, 64)[min(max(token - before, 1), 4) - 1]
        trace = {i: t * left // 256 for i, t in trace.items()}
        everything = everything * left // 256
        before = token
        if x in experts:
            for i, t in trace.items():
                row[i] = row.get(i, 0) + t
        followed += everything
        for i in experts:
            trace[i] = trace.get(i, 0) + 256
            uses[i] = uses.get(i, 0) + 1
        everything += 256
    last, z, after = past[-1][1], followed // len(past) + 1, len(past) + 1
    shares = {i: (2**32 - 1) // (uses[i] + 1) for i in last}
    p = uses.get(x, 0) + 6
    a = p * (sum(shares.values()) * 256 // after) + len(last) * z * 6 * 2**32 // after
    a += sum(row.get(i, 0) * share for i, share in shares.items())
    return 5 * (log2(a) // 2 - log2(len(last) * z * 2**32) // 2) - 4 * (log2(p) // 2 - log2(after) // 2)


def misses(policy, per_layer, capacity, optional):
    resident, entered, uses, total = set(), {}, {}, 0
    past, known = {layer: [] for layer in range(LAYERS)}, {}
    for number, (step, layer, wanted) in enumerate(made_up_trace()):
        absent = [e for e in wanted if e not in resident]
        total += len(absent)
        for e in wanted:
            uses.setdefault(e, []).append((number, step))
        past[layer].append((step, [e for _, e in wanted]))

        def key(e):
            if policy == "lru":
                rank = uses[e][-1][0]
            elif policy == "fifo":
                rank = number if e in absent else entered[e]
            elif policy == "lfu":
                rank = (len(uses[e]), uses[e][-1][0])
            elif policy == "lrfu(1)":  # each use is worth 2^step, as an exact integer
                rank = sum(2**when for _, when in uses[e])
            else:  # successor(1)
                if (e, len(past[e[0]])) not in known:
                    known[e, len(past[e[0]])] = log2(sum(2**when for _, when in uses[e])) + evidence(e[1], past[e[0]])
                rank = known[e, len(past[e[0]])]
            return rank, e

        pool = [e for e in resident if not per_layer or e[0] == layer]
        others = resident - set(pool)
        if optional:
            kept = set(sorted(set(pool) | set(wanted), key=key)[-capacity:])
        else:
            kept = set(pool)
            for e in absent:
                if len(kept) == capacity:
                    outsiders = sorted((o for o in kept if o not in wanted), key=key)
                    if not outsiders:
                        continue
                    kept.remove(outsiders[0])
                kept.add(e)
        for e in kept - resident:
            entered[e] = number
        resident = others | kept
    return total


print("// SPDX-License-Identifier: MIT")
print("#pragma once\n")
print("#include <cstdint>\n")
print("/// Made by golden_counts.py, which shares no line with the library.")
print("namespace moesaic::golden {\n")
print("struct row {\n  const char* policy;\n  bool per_layer;\n  std::uint32_t capacity;\n  bool optional;\n  std::uint64_t misses;\n};")
print("inline constexpr row table[] = {")
for name in ("lru", "fifo", "lfu", "lrfu(1)", "successor(1)"):
    for per_layer, capacities in ((True, (3, 8)), (False, (7, 24))):
        for capacity in capacities:
            for optional in (False, True):
                count = misses(name, per_layer, capacity, optional)
                flags = "true" if per_layer else "false", "true" if optional else "false"
                print(f'    {{"{name}", {flags[0]}, {capacity}, {flags[1]}, {count}}},')
print("};\n\n}  // namespace moesaic::golden")
