#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""beside_libcachesim.py REPLAY TRACE.bin[.xz|.gz] [--capacity 25%] [--rounds 5] [--json F]

Replays the same ids with moesaic-replay and with libCacheSim (the Python package libcachesim: an outside program, never linked),
in turns in one run, and prints how fast each was and how many hits it found.

libCacheSim knows single objects in one pool, so three things stand beside it: per layer and by event (what moesaic-replay is for),
one pool by event, and one pool one by one, where hits have to be equal for the policies that both define alike. Its records lie
in a file in memory; reading them is part of its time. It runs as it comes, and with the hash table it likes best (hashpower 12).
Times are processor time. TRACE is MOETRC1.
"""
import argparse, array, gzip, json, lzma, os, statistics, struct, subprocess, sys, tempfile, time

def read(path):
    opened = {b"\xfd7": lzma.open, b"\x1f\x8b": gzip.open}.get(open(path, "rb").read(2), open)
    data = opened(path, "rb").read()
    if data[:8] != b"MOETRC1\0":
        sys.exit(f"{path}: byte 0: is no MOETRC1 trace")
    layers, experts, top_k, sequences, tokens, flags = struct.unpack_from("<6I", data, 8)
    ids = array.array("H" if flags & 4 else "B")
    start = 32 + 16 * sequences
    ids.frombytes(data[start:start + tokens * layers * top_k * ids.itemsize])
    return layers, experts, top_k, tokens, ids, 65535 if flags & 4 else 255 if experts < 256 else None

def write_records(trace, path):
    """oracleGeneral: u32 time, u64 id, u32 size, i64 next access; in token, layer, rank order."""
    layers, experts, top_k, tokens, ids, absent = trace
    keys = array.array("I", (e + (i // top_k % layers) * experts + 1 for i, e in enumerate(ids) if e != absent))
    following = array.array("q", bytes(8 * len(keys)))
    last = {}
    for i in range(len(keys) - 1, -1, -1):
        following[i] = last.get(keys[i], -1)
        last[keys[i]] = i
    record = struct.Struct("<IQIq")
    with open(path, "wb") as out:
        for begin in range(0, len(keys), 1 << 16):
            out.write(b"".join(record.pack(i // (layers * top_k), keys[i], 1, following[i]) for i in range(begin, min(begin + (1 << 16), len(keys)))))
    return len(keys)

PAIRS = {"lru": "LRU", "fifo": "FIFO", "arc": "ARC", "sieve": "Sieve", "s3_fifo": "S3FIFO", "belady": "Belady"}
PEERS = {"libCacheSim": {}, "small hash": {"hashpower": 12}}
FORMS = {"per layer, by event": [], "one pool, by event": ["--scope", "global"],
         "one pool, one by one": ["--scope", "global", "--accesses", "one-by-one"]}

def main():
    p = argparse.ArgumentParser()
    p.add_argument("replay"); p.add_argument("trace"); p.add_argument("--capacity", default="25%")
    p.add_argument("--rounds", type=int, default=5); p.add_argument("--json")
    a = p.parse_args()
    try:
        import libcachesim
    except ImportError:
        print("moesaic: the replay benchmark needs the Python package libcachesim (pip install libcachesim in build/venv), so it is left out")
        return 0
    trace = read(a.trace)
    share = float(a.capacity.rstrip("%")) / 100
    slots = int(share * trace[0] * trace[1])
    times, hits = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        records = os.path.join(folder, "trace.oracleGeneral")
        accesses = write_records(trace, records)
        for _ in range(a.rounds):
            for name, theirs in PAIRS.items():
                for form, options in FORMS.items():
                    out = subprocess.run([a.replay, a.trace, "--capacity", a.capacity, "--eviction", name, "--jobs", "1", "--json", "-", *options],
                                         capture_output=True, text=True, check=True).stdout
                    row = json.loads(out)["rows"][0]
                    times.setdefault((name, form), []).append(row["accesses_per_s"])
                    hits[name, form] = row["hits"]
                for settings, choice in PEERS.items():
                    reader = libcachesim.TraceReader(records, libcachesim.TraceType.ORACLE_GENERAL_TRACE)
                    cache = getattr(libcachesim, theirs)(slots, **choice)
                    begin = time.process_time()
                    misses, _ = cache.process_trace(reader)
                    times.setdefault((name, settings), []).append(accesses / (time.process_time() - begin))
                hits[name, "libCacheSim"] = round(accesses * (1 - misses))
    rows = []
    print(f"{os.path.basename(a.trace)}: {accesses} accesses, capacity {a.capacity} ({slots} of {trace[0] * trace[1]}), best of {a.rounds}, M accesses/s")
    print(f"{'':8}  " + "  ".join(f"{settings:>11}" for settings in PEERS) + "  " + "  ".join(f"{form:>33}" for form in FORMS))
    for name in PAIRS:
        peer = max(times[name, "libCacheSim"])
        best = max(times[name, "small hash"])
        line = f"{name:8}  {peer / 1e6:>11.1f}  {best / 1e6:>11.1f}"
        row = {"eviction": name, "libcachesim_accesses_per_s": peer, "libcachesim_hits": hits[name, "libCacheSim"],
               "libcachesim_spread": statistics.median(times[name, "libCacheSim"]) / peer,
               "libcachesim_small_hash_accesses_per_s": best, "forms": {}}
        for form in FORMS:
            ours = max(times[name, form])
            equal = hits[name, form] == hits[name, "libCacheSim"]
            line += f"  {ours / 1e6:>10.1f} {ours / peer:>4.1f}x {ours / best:>4.1f}x {'same' if equal else 'other':>6} hits"
            row["forms"][form] = {"accesses_per_s": ours, "ratio": ours / peer, "hits": hits[name, form], "same_hits": equal,
                                  "spread": statistics.median(times[name, form]) / ours}
        rows.append(row)
        print(line)
    if a.json:
        with open(a.json + ".part", "w") as out:
            json.dump({"trace": a.trace, "accesses": accesses, "capacity": a.capacity, "slots": slots, "rows": rows}, out, indent=1)
        os.replace(a.json + ".part", a.json)
    return 0

sys.exit(main())
