# SPDX-License-Identifier: MIT
"""Reads a journal and prints its records, one line each. Written from docs/reference/journal_format.md alone.

    python3 tests/golden/journal_reader.py tests/data/journals/engine.journal > tests/data/journals/engine.listing
"""

import struct
import sys
import zlib

PHASES = ["prefill", "decode", "draft", "verify"]


class Cut(Exception):
    pass


def blocks(raw):
    """The stream of records, and whether the file ends inside a block."""
    assert raw[:8] == b"MOEJRNL\0", "no journal"
    assert struct.unpack_from("<I", raw, 8)[0] in (1, 2, 3, 4), "another version"
    stream, at = b"", 12
    while at < len(raw):
        if at + 8 > len(raw):
            return stream, True
        length, crc = struct.unpack_from("<II", raw, at)
        content = raw[at + 8 : at + 8 + length]
        if len(content) < length:
            return stream, True
        assert 1 <= length <= 1048576 and zlib.crc32(content) == crc, f"damaged block at byte {at}"
        stream += content
        at += 8 + length
    return stream, False


class Fields:
    def __init__(self, stream):
        self.stream, self.at = stream, 0

    def take(self, n):
        if self.at + n > len(self.stream):
            raise Cut
        self.at += n
        return self.stream[self.at - n : self.at]

    def u(self):
        n = shift = 0
        while True:
            byte = self.take(1)[0]
            n |= (byte & 127) << shift
            if byte < 128:
                return n
            shift += 7

    def s(self):
        n = self.u()
        return n // 2 if n % 2 == 0 else -(n + 1) // 2

    def f32(self):
        return struct.unpack("<f", self.take(4))[0]

    def f64(self):
        return struct.unpack("<d", self.take(8))[0]

    def text(self):
        return self.take(self.u()).decode()

    def expert(self):
        return self.u(), self.u()

    def runs(self, n):
        values = []
        while len(values) < n:
            many = self.u()
            values += [self.u()] * many
        return values

    def outcome(self):
        return [self.u() for _ in range(5)] + [self.s() for _ in range(3)] + [self.u() for _ in range(2)]


def mass(weight):
    if not weight > 0:
        return 0
    if weight >= 65535:
        return 0xFFFF0000
    # The sum is made in single precision, like the weight.
    product = struct.unpack("<f", struct.pack("<f", weight * 65536))[0]
    return int(struct.unpack("<f", struct.pack("<f", product + 0.5))[0])


def demands(routes, weights, experts):
    found = {}
    for i, expert in enumerate(routes):
        if expert >= experts:
            continue
        tokens, so_far = found.get(expert, (0, 0))
        found[expert] = tokens + 1, min(so_far + (mass(weights[i]) if weights else 0), 0xFFFFFFFF)
    return [(e, *found[e]) for e in sorted(found)]


def at(expert):
    return f"({expert[0]},{expert[1]})"


def words(values):
    return " ".join(str(v) for v in values)


BARE = {0x08: "pump", 0x14: "pump_until_quiet", 0x0F: "sequence", 0x3F: "end", 0x42: "polled []", 0x89: "held_back"}
NUMBERED = {0x03: "next", 0x04: "try_next", 0x05: "next_ahead", 0x07: "end_of_lease", 0x0A: "draft_cut", 0x0C: "budget", 0x10: "draft_started",
            0x12: "draft_ended", 0x80: "leased", 0x8C: "failed", 0x8D: "governor_answered"}


class Journal:
    def __init__(self, raw):
        stream, self.cut = blocks(raw)
        self.f = Fields(stream)
        self.now = 0
        self.step = None
        self.layers = []

    def header(self):
        f = self.f
        flags = f.u()
        yield f"header flags {flags} model {f.text()}"
        for _ in range(f.u()):
            yield f"fact {f.text()} = {f.text()}"
        for layer in range(f.u()):
            experts, top_k = f.u(), f.u()
            self.layers.append(experts)
            yield f"layer {layer}: {experts} top {top_k} sizes {words(f.runs(experts))} charges {words(f.runs(experts))} groups {words(f.runs(experts))}"
        yield f"groups {f.u()} budget {f.u()} frames {f.u()} capacity {f.u()}"

    def completions(self):
        f = self.f
        return "; ".join(f"{f.u()} status {f.u()} moved {f.u()} error {f.s()}" for _ in range(f.u()))

    def event(self):
        f = self.f
        layer, flags, routes = f.u(), f.u(), []
        for _ in range(f.u()):
            routes.append(f.u())
        weights = [f.f32() for _ in routes] if flags & 4 else []
        if flags & 2:
            wanted = [(f.u(), f.u(), f.u()) for _ in range(f.u())]
        else:
            wanted = demands(routes, weights, self.layers[layer])
        step, first, phase, tokens = self.step
        shown = " ".join(f"{e}:{t}:{m}" for e, t, m in wanted)
        return f"event step {step} first {first} {PHASES[phase]} tokens {tokens} layer {layer} whole {flags & 1} routes [{words(routes)}] wanted [{shown}]"

    def record(self, tag):
        f = self.f
        if tag in BARE:
            return BARE[tag]
        if tag in NUMBERED:
            return f"{NUMBERED[tag]} {f.u()}"
        if tag == 0x02:
            return self.event()
        if tag == 0x06:
            return f"release {f.u()} {f.u()} fence {f.u()}"
        if tag == 0x09:
            said = f"hint {f.u()} layer {f.u()} row {f.u()} experts [{words([f.u() for _ in range(f.u())])}]"
            weights = [f.f32() for _ in range(f.u())]
            hidden = [f.f32() for _ in range(f.u())]
            return said + f" weights {len(weights)} hidden {len(hidden)}"
        if tag == 0x0B:
            return f"end_of_step {words(f.outcome())}"
        if tag == 0x0D:
            return f"governor_asked {f.u()} drafted {f.u()} probability {f.f32():.6f} possible {f.u()} limit {f.s()}"
        if tag == 0x0E:
            return f"governor_told {words(f.outcome())}"
        if tag == 0x13:
            return f"governor_told {words(f.outcome())} beyond {f.u()}"
        if tag == 0x11:
            return f"token_drafted {f.u()} took {f.s()}"
        if tag == 0x40:
            self.now += f.s()
            return f"clock {self.now}"
        if tag == 0x41:
            return f"cost {f.s()} rate {f.f64():.3f}"
        if tag in (0x43, 0x44):
            return f"{'polled' if tag == 0x43 else 'waited'} [{self.completions()}]"
        if tag == 0x45:
            return f"cancelled {f.u()} withdrawn {f.u()}"
        if tag == 0x81:
            expert, flags = f.expert(), f.u()
            return f"found {at(expert)} {['absent', 'in_flight', 'resident'][flags & 3]} prefetched {flags >> 2}"
        if tag == 0x82:
            return f"placed {at(f.expert())} {['fetch', 'host'][f.u()]}"
        if tag == 0x83:
            flags, group = f.u(), f.u()
            said = f"victim group {group} prefetch {flags >> 1 & 1}"
            for bit, name, read in ((1, "newcomer", f.expert), (4, "named", f.expert), (8, "key", f.s), (16, "newcomer_key", f.s)):
                if flags & bit:
                    value = read()
                    said += f" {name} {at(value) if isinstance(value, tuple) else value}"
            return said
        if tag == 0x84:
            flags, newcomer = f.u(), f.expert()
            return f"judged {at(newcomer)} keep {flags & 1} prefetch {flags >> 1 & 1}" + (f" displaces {at(f.expert())}" if flags & 4 else "")
        if tag == 0x85:
            flags, expert = f.u(), f.expert()
            return f"left {at(expert)}" + (f" for {at(f.expert())}" if flags & 1 else "")
        if tag == 0x86:
            return f"admitted {at(f.expert())} {['demand', 'prefetch'][f.u()]}"
        if tag == 0x87:
            flags, expert = f.u(), f.expert()
            return f"submitted {at(expert)} bytes {f.u()} {['demand', 'prefetch'][flags & 1]} to {['slot', 'frame'][flags >> 1]}"
        if tag == 0x88:
            return f"wish {at(f.expert())} worth {f.s()}"
        if tag == 0x8A:
            return f"fate {at(f.expert())} {f.u()}"
        if tag == 0x8B:
            return f"handed_out {f.u()} {f.u()} {at(f.expert())} {['slot', 'frame', 'host'][f.u()]} waits {f.u()}"
        if tag == 0x8E:
            return f"counted {words([f.u() for _ in range(15)])} {f.s()}"
        raise AssertionError(f"unknown tag {tag:#x}")

    def lines(self):
        assert self.f.u() == 0, "no header"
        yield from self.header()
        last = None
        while self.f.at < len(self.f.stream):
            try:
                tag = self.f.take(1)[0]
                if tag == 0x01:
                    self.step = tuple(self.f.u() for _ in range(4))
                    continue
                last = self.record(tag)
            except Cut:
                last = None
                break
            yield last
        if last != "end":
            yield "broken off"


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        for line in Journal(file.read()).lines():
            print(line)
