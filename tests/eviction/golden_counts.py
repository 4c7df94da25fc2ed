# SPDX-License-Identifier: MIT
"""Makes golden_counts.hpp: misses of a made-up trace, counted by dictionaries and sorting, apart from the library.

    python3 tests/eviction/golden_counts.py > tests/eviction/golden_counts.hpp

Keys as in the counting rules, smallest leaves first, equal keys: the lower (layer, expert). Decayed counts are exact
fractions of the golden half-life 1, where every use is worth a power of two.
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


def misses(policy, per_layer, capacity, optional):
    resident, entered, uses, total = set(), {}, {}, 0
    for number, (step, layer, wanted) in enumerate(made_up_trace()):
        absent = [e for e in wanted if e not in resident]
        total += len(absent)
        for e in wanted:
            uses.setdefault(e, []).append((number, step))

        def key(e):
            if policy == "lru":
                rank = uses[e][-1][0]
            elif policy == "fifo":
                rank = number if e in absent else entered[e]
            elif policy == "lfu":
                rank = (len(uses[e]), uses[e][-1][0])
            else:  # lrfu(1): each use is worth 2^step, as an exact integer
                rank = sum(2**when for _, when in uses[e])
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
for name in ("lru", "fifo", "lfu", "lrfu(1)"):
    for per_layer, capacities in ((True, (3, 8)), (False, (7, 24))):
        for capacity in capacities:
            for optional in (False, True):
                count = misses(name, per_layer, capacity, optional)
                flags = "true" if per_layer else "false", "true" if optional else "false"
                print(f'    {{"{name}", {flags[0]}, {capacity}, {flags[1]}, {count}}},')
print("};\n\n}  // namespace moesaic::golden")
