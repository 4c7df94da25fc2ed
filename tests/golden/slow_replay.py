# SPDX-License-Identifier: MIT
"""Makes policies.jsonl: misses of recorded routing under each policy, by lists and dictionaries, apart from the library.

    python3 tests/golden/slow_replay.py > tests/golden/policies.jsonl

Events, admission and capacity are those of the counting rules; the policies are written from their papers' descriptions. Decayed
counts have 40 decimal digits, ARC's target is an exact fraction. An expert is the pair (layer, expert) everywhere.
"""

import json
import os
import struct
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 40
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "traces")


class Trace:
    """MOETRC1: header, sequences, ids [tokens][layers][k]."""

    def __init__(self, name):
        raw = open(os.path.join(DATA, name + ".bin"), "rb").read()
        self.layers, self.experts, self.k, sequences, self.tokens, flags = struct.unpack_from("<6I", raw, 8)
        assert flags & 4 == 0
        self.sequences = [struct.unpack_from("<4I", raw, 32 + 16 * s)[:2] for s in range(sequences)]
        row = self.layers * self.k
        at = 32 + 16 * sequences
        self.ids = [raw[at + t * row : at + (t + 1) * row] for t in range(self.tokens)]

    def wanted(self, token, layer):
        return {(layer, e) for e in self.ids[token][layer * self.k : (layer + 1) * self.k] if e != 255}

    def events(self, window):
        """(step, tokens of the step, layer, set); windows never span sequences."""
        step = 0
        for first, count in self.sequences:
            for at in range(first, first + count, window):
                tokens = range(at, min(at + window, first + count))
                for layer in range(self.layers):
                    whole = set().union(*(self.wanted(t, layer) for t in tokens))
                    if whole:
                        yield step, tokens, layer, sorted(whole)
                step += 1


class Policy:
    """What the replay tells: an event before anything else, then who left and who entered, one by one."""

    def __init__(self, world):
        self.world = world

    def event(self, number, token, layer, wanted):
        pass

    def enters(self, x):
        pass

    def leaves(self, x):
        pass

    def victim(self, candidates, newcomer):  # the least (key, expert)
        return min(candidates, key=lambda x: (self.key(x), x)) if candidates else None


class Lru(Policy):
    def __init__(self, world):
        super().__init__(world)
        self.last = {}

    def event(self, number, token, layer, wanted):
        for x in wanted:
            self.last[x] = number

    def key(self, x):
        return self.last.get(x, -1)


class LfuInCache(Policy):
    def __init__(self, world):
        super().__init__(world)
        self.count, self.last, self.now = {}, {}, 0

    def event(self, number, token, layer, wanted):
        self.now = number
        for x in wanted:
            if x in self.count:
                self.count[x] += 1
                self.last[x] = number

    def enters(self, x):
        self.count[x], self.last[x] = 1, self.now

    def leaves(self, x):
        del self.count[x], self.last[x]

    def key(self, x):
        return (self.count.get(x, 1), self.last.get(x, self.now))


class Decayed:
    """F <- F * 2^(-tokens / half_life) + 1, kept as of token 0."""

    def __init__(self, half_life):
        self.half_life, self.f = half_life, {}

    def one(self, token):
        return Decimal(2) ** (Decimal(token) / self.half_life)

    def use(self, x, token):
        self.f[x] = self.f.get(x, Decimal(0)) + self.one(token)


class ClassLru(Policy):
    def __init__(self, world, half_life=128):
        super().__init__(world)
        self.counts, self.last, self.cls, self.token = Decayed(half_life), {}, {}, 0

    def event(self, number, token, layer, wanted):
        self.token = token
        for x in wanted:
            self.counts.use(x, token)
            crf, cls = self.counts.f[x] / self.counts.one(token), 0
            while cls < 7 and crf >= 2 ** (cls + 1):
                cls += 1
            self.last[x], self.cls[x] = token, cls

    def key(self, x):
        return -(self.token - self.last[x]) * 2 ** (7 - self.cls[x])  # minus age / 2^class, times 2^7


class Gdsf(Policy):
    def __init__(self, world):
        super().__init__(world)
        self.clock, self.count, self.priority = {}, {}, {}

        self.largest = max(world.size(y) for y in world.all())

    def rank(self, x, count):  # in steps of 2^-16
        return self.clock.get(self.world.group(x), 0) + count * (self.largest * 65536 // self.world.size(x))

    def event(self, number, token, layer, wanted):
        for x in wanted:
            if x in self.count:
                self.count[x] += 1
                self.priority[x] = self.rank(x, self.count[x])

    def enters(self, x):
        self.count[x] = 1
        self.priority[x] = self.rank(x, 1)

    def leaves(self, x):
        group = self.world.group(x)
        self.clock[group] = max(self.clock.get(group, 0), self.priority.pop(x))  # whom the event uses may be worth less
        del self.count[x]

    def key(self, x):
        return self.priority[x] if x in self.priority else self.rank(x, 1)


class Sieve(Policy):
    def __init__(self, world):
        super().__init__(world)
        self.queue, self.hand, self.visited = {}, {}, set()  # queue: oldest first; hand: an expert, or None for the oldest

    def event(self, number, token, layer, wanted):
        self.visited |= {x for x in wanted if x in self.queue.setdefault(self.world.group(x), [])}

    def enters(self, x):
        self.queue.setdefault(self.world.group(x), []).append(x)
        self.visited.discard(x)

    def victim(self, candidates, newcomer):
        queue, visited = self.queue[self.world.group(newcomer)], set(self.visited)
        return self.walk(queue, self.hand.get(self.world.group(newcomer)), visited, candidates)

    @staticmethod
    def walk(queue, hand, visited, candidates):
        if not candidates:
            return None
        at = queue.index(hand) if hand is not None else 0
        while True:
            x = queue[at]
            if x in visited:
                visited.remove(x)
            elif x in candidates:
                return x
            at = (at + 1) % len(queue)

    def leaves(self, x):
        group = self.world.group(x)
        queue = self.queue[group]
        assert self.walk(queue, self.hand.get(group), self.visited, {x}) == x
        at = queue.index(x)
        self.hand[group] = queue[at + 1] if at + 1 < len(queue) else None
        queue.remove(x)


class S3Fifo(Policy):
    class Pool:
        def __init__(self):
            self.small, self.main, self.ghost, self.freq = [], [], [], {}

        def copy(self):
            other = S3Fifo.Pool()
            other.small, other.main, other.ghost, other.freq = self.small[:], self.main[:], self.ghost[:], dict(self.freq)
            return other

        def from_small(self, candidates, held):
            for x in self.small[:]:
                if self.freq[x] >= 2:
                    self.small.remove(x)
                    self.main.append(x)
                    self.freq[x] = 0
                elif x in candidates:
                    self.small.remove(x)
                    self.ghost.append(x)
                    while len(self.ghost) > max(1, held * 9 // 10):
                        self.ghost.pop(0)
                    return x
            return None

        def evict(self, candidates):
            """The loops of the paper; who may not leave is passed over."""
            held = len(self.small) + len(self.main)
            if not candidates:
                return None
            x = None
            if len(self.small) >= max(1, held // 10) or not self.main:
                x = self.from_small(candidates, held)
            if x is None and not candidates & set(self.main):
                x = self.from_small(candidates, held)
            if x is not None:
                return x
            while True:
                x = self.main.pop(0)
                if self.freq[x] == 0 and x in candidates:
                    return x
                self.freq[x] = max(0, self.freq[x] - 1)
                self.main.append(x)

    def __init__(self, world):
        super().__init__(world)
        self.pools, self.recalled = {}, set()

    def pool(self, x):
        return self.pools.setdefault(self.world.group(x), S3Fifo.Pool())

    def event(self, number, token, layer, wanted):
        self.recalled = set()
        for x in wanted:
            p = self.pool(x)
            if x in p.ghost:
                p.ghost.remove(x)
                self.recalled.add(x)
            elif x in p.freq and (x in p.small or x in p.main):
                p.freq[x] = min(3, p.freq[x] + 1)

    def enters(self, x):
        (self.pool(x).main if x in self.recalled else self.pool(x).small).append(x)
        self.pool(x).freq[x] = 0

    def victim(self, candidates, newcomer):
        return self.pool(newcomer).copy().evict(set(candidates))

    def leaves(self, x):
        assert self.pool(x).evict({x}) == x


class Arc(Policy):
    class Pool:
        def __init__(self):
            self.t1, self.t2, self.b1, self.b2, self.p = [], [], [], [], Fraction(0)

    def __init__(self, world):
        super().__init__(world)
        self.pools, self.recalled = {}, {}

    def pool(self, x):
        return self.pools.setdefault(self.world.group(x), Arc.Pool())

    def event(self, number, token, layer, wanted):
        self.recalled = {}
        for x in wanted:
            p = self.pool(x)
            c = len(p.t1) + len(p.t2)
            if x in p.t1 or x in p.t2:
                (p.t1 if x in p.t1 else p.t2).remove(x)
                p.t2.append(x)
            elif x in p.b1:
                p.p = min(Fraction(c), p.p + max(Fraction(len(p.b2), len(p.b1)), Fraction(1)))
                p.b1.remove(x)
                self.recalled[x] = 1
            elif x in p.b2:
                p.p = max(Fraction(0), p.p - max(Fraction(len(p.b1), len(p.b2)), Fraction(1)))
                p.b2.remove(x)
                self.recalled[x] = 2

    def victim(self, candidates, newcomer):
        p = self.pool(newcomer)
        first = len(p.t1) > p.p or (len(p.t1) == p.p and self.recalled.get(newcomer) == 2)
        for queue in (p.t1, p.t2) if first else (p.t2, p.t1):
            for x in queue:
                if x in candidates:
                    return x
        return None

    def leaves(self, x):
        p = self.pool(x)
        source, ghosts = (p.t1, p.b1) if x in p.t1 else (p.t2, p.b2)
        source.remove(x)
        ghosts.append(x)

    def enters(self, x):
        p = self.pool(x)
        (p.t2 if x in self.recalled else p.t1).append(x)
        c = len(p.t1) + len(p.t2)
        while p.b1 and len(p.t1) + len(p.b1) > c:
            p.b1.pop(0)
        while p.b2 and c + len(p.b1) + len(p.b2) > 2 * c:
            p.b2.pop(0)


class Lrfu(Policy):
    def __init__(self, world, half_life=32):
        super().__init__(world)
        self.counts = Decayed(half_life)

    def event(self, number, token, layer, wanted):
        for x in wanted:
            self.counts.use(x, token)

    def key(self, x):
        return self.counts.f[x]


class Foresight(Policy):
    """Knows the next tokens of its layer, `row` 0 being the token after the event's last."""

    def __init__(self, world, tokens):
        super().__init__(world)
        self.tokens, self.rows = tokens, {}

    def look(self, token, layer):
        last = token + self.world.window_at(token)
        self.rows[layer] = [self.world.trace.wanted(t, layer) for t in range(last, min(last + self.tokens, self.world.end_of(token)))]


class Forecast(Foresight):
    def __init__(self, world, tokens):
        super().__init__(world, tokens)
        self.fallback = Lrfu(world)

    def event(self, number, token, layer, wanted):
        self.fallback.event(number, token, layer, wanted)
        self.look(token, layer)

    def key(self, x):
        rows = self.rows.get(x[0], [])
        first = next((r for r, row in enumerate(rows) if x in row), None)
        return (0 if first is None else 1, 0 if first is None else -first, self.fallback.key(x))


class LookAhead(Foresight):
    def __init__(self, world, tokens):
        super().__init__(world, tokens)
        self.fallback = Lru(world)

    def event(self, number, token, layer, wanted):
        self.fallback.event(number, token, layer, wanted)
        self.look(token, layer)

    def key(self, x):
        return (sum(x in row for row in self.rows.get(x[0], [])), self.fallback.key(x))


class BeladyByBytes(Policy):
    """Never again is a use in event 2^32 - 1."""

    def __init__(self, world):
        super().__init__(world)
        self.uses, self.now = {}, 0
        for number, (_, _, _, wanted) in enumerate(world.trace.events(world.window)):
            for x in wanted:
                self.uses.setdefault(x, []).append(number)

    def event(self, number, token, layer, wanted):
        self.now = number
        for x in wanted:
            self.uses[x].pop(0)

    def key(self, x):
        return -((self.uses[x][0] if self.uses[x] else 2**32 - 1) - self.now) * self.world.size(x)


class Forced:
    own = False

    def __init__(self, world):
        pass

    def event(self, token, tokens, wanted, held):
        pass

    def keeps(self, policy, x, victim):
        return True


class Optional(Forced):
    own = True

    def keeps(self, policy, x, victim):
        return (policy.key(victim), victim) < (policy.key(x), x)


class FrequencyContest(Forced):
    def __init__(self, world, half_life=32):
        self.counts = Decayed(half_life)

    def event(self, token, tokens, wanted, held):
        for x in wanted:
            self.counts.use(x, token)

    def keeps(self, policy, x, victim):
        return self.counts.f[x] >= self.counts.f[victim]


class ByUnion(Optional):
    """Mean over about 16 earlier events of the group, in steps of 2^-16, against (50 + 110 / tokens) % of the full pool."""

    def __init__(self, world):
        self.world, self.mean, self.events, self.last, self.full, self.own = world, {}, {}, {}, {}, False

    def event(self, token, tokens, wanted, held):
        group = self.world.group(wanted[0])
        if group in self.last:
            self.events[group] = min(16, self.events.get(group, 0) + 1)
            step = self.last[group] * 65536 - self.mean.get(group, 0)
            self.mean[group] = self.mean.get(group, 0) + (abs(step) // self.events[group]) * (1 if step > 0 else -1)
        self.last[group] = len(wanted)
        room = self.full.get(group, 0)
        self.own = self.world.one_pool or (room > 0 and self.mean.get(group, 0) * tokens * 100 >= room * 65536 * (50 * tokens + 110))

    def keeps(self, policy, x, victim):
        return super().keeps(policy, x, victim) if self.own else True


class World:
    def __init__(self, trace, window, one_pool, share, sized):
        self.trace, self.window, self.one_pool, self.sized = trace, window, one_pool, sized
        whole = [self.size(x) for x in self.all() if one_pool or x[0] == 0]
        counted = sum(whole) if sized else len(whole)
        self.room = counted * share.numerator // share.denominator
        if not sized:
            self.room = max(1, self.room)
        self.ends = {}
        for first, count in trace.sequences:
            for t in range(first, first + count):
                self.ends[t] = first + count

    def all(self):
        return [(l, e) for l in range(self.trace.layers) for e in range(self.trace.experts)]

    def size(self, x):
        return 60 + 10 * ((7 * x[1] + 3) % 11) if self.sized else 1

    def group(self, x):
        return 0 if self.one_pool else x[0]

    def end_of(self, token):
        return self.ends[token]

    def window_at(self, token):
        return min(self.window, self.ends[token] - token)


def replay(trace, window, one_pool, share, sized, make_policy, make_admission):
    world = World(trace, window, one_pool, share, sized)
    policy, admission = make_policy(world), make_admission(world)
    pools, accesses, misses = {}, 0, 0
    for number, (step, tokens, layer, wanted) in enumerate(trace.events(window)):
        policy.event(number, tokens[0], layer, wanted)
        held = pools.setdefault(world.group(wanted[0]), set())
        admission.event(tokens[0], len(tokens), wanted, held)
        absent = [x for x in wanted if x not in held]
        accesses += len(wanted)
        misses += len(absent)
        for x in absent:
            used = sum(world.size(y) for y in held) + world.size(x)
            leaving, fits = [], True
            while used > world.room:
                candidates = [y for y in held if y not in leaving and (admission.own or y not in wanted)]
                victim = policy.victim(candidates, x)
                if victim is not None and hasattr(admission, "full"):
                    admission.full[world.group(x)] = len(held)
                if victim is None or not admission.keeps(policy, x, victim):
                    fits = False
                    break
                leaving.append(victim)
                used -= world.size(victim)
            if not fits:
                continue
            for y in leaving:
                held.remove(y)
                policy.leaves(y)
            held.add(x)
            policy.enters(x)
    return accesses, misses


EVICTIONS = {
    "lfu_in_cache": LfuInCache,
    "class_lru": ClassLru,
    "class_lru(16)": lambda w: ClassLru(w, 16),
    "gdsf": Gdsf,
    "arc": Arc,
    "sieve": Sieve,
    "s3_fifo": S3Fifo,
    "lru": Lru,
    "lrfu": Lrfu,
    "forecast": lambda w: Forecast(w, 4),
    "look_ahead": lambda w: LookAhead(w, 16),
    "belady_by_bytes": BeladyByBytes,
}
ADMISSIONS = {"forced": Forced, "optional": Optional, "frequency_contest": FrequencyContest, "by_union": ByUnion}
PAIRS = [(e, "forced") for e in EVICTIONS if e not in ("lru", "lrfu")] + [
    ("lfu_in_cache", "optional"),
    ("class_lru", "optional"),
    ("gdsf", "optional"),
    ("lru", "frequency_contest"),
    ("sieve", "frequency_contest"),
    ("lrfu", "by_union"),
    ("lru", "by_union"),
    ("belady_by_bytes", "optional"),
]


def main():
    for name in ("gptoss20b_6x96", "dsv2lite_law_2x128"):
        trace = Trace(name)
        for window in (1, 4):
            for one_pool, sized, percent in ((False, False, "12.5"), (False, False, "50"), (True, False, "25"), (False, True, "25")):
                for eviction, admission in PAIRS:
                    if eviction == "belady_by_bytes" and not sized:
                        continue
                    if one_pool and (eviction in ("forecast", "look_ahead") or window > 1):
                        continue
                    accesses, misses = replay(
                        trace, window, one_pool, Fraction(percent) / 100, sized, EVICTIONS[eviction], ADMISSIONS[admission]
                    )
                    row = {
                        "trace": name, "window": window, "scope": "global" if one_pool else "layer", "unit": "bytes" if sized else "experts",
                        "capacity": percent + "%", "eviction": eviction, "admission": admission, "accesses": accesses, "misses": misses,
                    }
                    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
