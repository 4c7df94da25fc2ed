# SPDX-License-Identifier: MIT
"""An engine in Python, with nothing but ctypes: experts are read from a file into a quarter of their size.

    python3 engine.py [path of libmoesaic_c]

Ends with status 1 if a weight is not what it should be. Structs are those of moesaic_c.h, in the same order.
"""
import array
import ctypes as c
import os
import sys
import tempfile

u32, i32, u64, text = c.c_uint32, c.c_int32, c.c_uint64, c.c_char_p
LAYERS, EXPERTS, TOP_K, FLOATS = 4, 16, 2, 1024
ALL_HANDED_OUT, OK = -2, 0


class Sized(c.Structure):
    """A struct whose first member is its size; everything else is zero unless given."""
    def __init__(self, **members):
        super().__init__(size=c.sizeof(self), **members)


# [structs]
class Error(Sized):
    _fields_ = [("size", u32), ("code", i32), ("sentence", c.c_char * 512)]


class Layer(c.Structure):
    _fields_ = [("experts", u32), ("top_k", u32), ("expert_bytes", u64)]


class Part(c.Structure):
    _fields_ = [("layer", u32), ("expert", u32), ("part", u32), ("file", u32), ("offset", u64), ("bytes", u64)]


class Files(Sized):
    _fields_ = [("size", u32), ("path_count", u32), ("paths", c.POINTER(text)), ("parts", c.POINTER(Part)), ("part_count", u64),
                ("backend", u32), ("direct", u32), ("threads", u32), ("capacity", u32)]


class Options(Sized):
    _fields_ = ([("size", u32), ("layer_count", u32), ("layers", c.POINTER(Layer)), ("expert_bytes", c.POINTER(u64)), ("expert_count", u64),
                 ("budget", u64), ("frames", u32), ("flags", u32), ("memory", c.c_void_p), ("memory_bytes", u64), ("alignment", u64)]
                + [(slot, text) for slot in "system eviction admission scope scoring prediction prefetch placement".split()]
                + [("transport", c.c_void_p), ("files", c.POINTER(Files))])


class Event(Sized):
    _fields_ = [("size", u32), ("layer", u32), ("step", u64), ("first_token", u64), ("phase", u32), ("tokens", u32), ("k", u32), ("flags", u32),
                ("routes", c.POINTER(i32)), ("weights", c.POINTER(c.c_float))]


class Seat(Sized):
    _fields_ = [("size", u32), ("layer", u32), ("expert", u32), ("where", u32), ("entry", u32), ("reserved", u32), ("address", c.c_void_p),
                ("offset", u64), ("bytes", u64), ("arrives", u64)]


class Counters(Sized):
    _fields_ = ([("size", u32), ("reserved", u32)]
                + [(name, u64) for name in ("events accesses hits misses evictions bypasses host prefetches prefetch_used prefetch_late "
                                            "prefetch_wasted failed bytes_demanded bytes_prefetched bytes_host").split()]
                + [("stall_ns", c.c_int64)])
# [/structs]


def library(path):
    lib = c.CDLL(path)
    lib.moesaic_version_text.restype = text
    lib.moesaic_abi.restype = u32
    handle = c.c_void_p
    for name, arguments in {
        "create": [c.POINTER(Options), c.POINTER(handle), c.POINTER(Error)], "destroy": [c.POINTER(handle)],
        "acquire": [handle, c.POINTER(Event), c.POINTER(u64)], "next": [handle, u64, c.POINTER(Seat)], "release": [handle, u64, u32, u64],
        "end": [handle, u64], "count": [handle, c.POINTER(Counters)], "last_error": [handle, c.POINTER(Error)],
        "part_place": [handle, u32, u32, u32, c.POINTER(u64), c.POINTER(u64)],
    }.items():
        function = getattr(lib, "moesaic_" + name)
        function.argtypes, function.restype = arguments, i32
    return lib


class Cache:
    def __init__(self, lib, options):
        self.lib, self.handle, why = lib, c.c_void_p(), Error()
        if lib.moesaic_create(options, self.handle, why) != OK:
            raise ValueError(why.sentence.decode())

    def check(self, status):
        if status > OK:
            why = Error()
            self.lib.moesaic_last_error(self.handle, why)
            raise RuntimeError(why.sentence.decode())
        return status

    # [layer]
    def experts(self, layer, token, routes):
        """Yields (expert, its weights) in order of readiness; the weights may be used until the next one."""
        lease, seat = u64(), Seat()
        event = Event(layer=layer, step=token, first_token=token, phase=1, tokens=1, k=len(routes), routes=(i32 * len(routes))(*routes))
        self.check(self.lib.moesaic_acquire(self.handle, event, lease))
        try:
            while self.check(self.lib.moesaic_next(self.handle, lease, seat)) != ALL_HANDED_OUT:
                offset, size = u64(), u64()
                self.check(self.lib.moesaic_part_place(self.handle, layer, seat.expert, 0, offset, size))
                yield seat.expert, (c.c_float * (size.value // 4)).from_address(seat.address + offset.value)
                self.check(self.lib.moesaic_release(self.handle, lease, seat.entry, 0))
        finally:
            self.lib.moesaic_end(self.handle, lease)
    # [/layer]

    def count(self):
        counters = Counters()
        self.check(self.lib.moesaic_count(self.handle, counters))
        return counters

    def close(self):
        self.lib.moesaic_destroy(self.handle)


def main():
    lib = library(sys.argv[1] if len(sys.argv) > 1 else "libmoesaic_c.so.1")
    expert_bytes = 4 * FLOATS
    with tempfile.NamedTemporaryFile(delete=False) as file:
        for number in range(LAYERS * EXPERTS):
            array.array("f", [number] * FLOATS).tofile(file)
    try:
        # [create]
        shape = (Layer * LAYERS)(*[Layer(EXPERTS, TOP_K, expert_bytes)] * LAYERS)
        parts = (Part * (LAYERS * EXPERTS))(*[Part(n // EXPERTS, n % EXPERTS, 0, 0, n * expert_bytes, expert_bytes) for n in range(LAYERS * EXPERTS)])
        files = Files(path_count=1, paths=(text * 1)(os.fsencode(file.name)), parts=parts, part_count=len(parts))
        options = Options(layer_count=LAYERS, layers=shape, budget=LAYERS * EXPERTS * expert_bytes // 4, eviction=b"lrfu(32)", scope=b"layer",
                          files=c.pointer(files))
        cache = Cache(lib, options)
        # [/create]
        for token in range(300):
            for layer in range(LAYERS):
                first = (token // 20 + token * token % 3) % EXPERTS
                for expert, weights in cache.experts(layer, token, [first, (first + 5) % EXPERTS]):
                    if any(w != layer * EXPERTS + expert for w in weights[::97]):
                        print(f"expert {expert} of layer {layer} has wrong weights")
                        return 1
        count = cache.count()
        print(f"moesaic {lib.moesaic_version_text().decode()}: {count.hits} of {count.accesses} experts were there, "
              f"{count.bytes_demanded} bytes were read")
        cache.close()
        options.eviction = b"least_recent"
        try:
            Cache(lib, options)
        except ValueError as why:
            print(why)
            return 0 if count.hits and count.accesses == 300 * LAYERS * TOP_K else 1
        return 1
    finally:
        os.unlink(file.name)


if __name__ == "__main__":
    sys.exit(main())
