#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""moesaic-decode beside llama.cpp: the same file, the same tokens, the same threads, the same memory limit.

    peer.py [--work build/peer] [--small | --full] [--only TEXT] [--rounds 5] [--ours OPTIONS] [--in-memory] [--report]

Gets llama.cpp (from the source archive of the Python package llama-cpp-python, into build/venv_peer), builds both programs
against its ggml, makes a model of 5.3 GB and two streams of tokens (big_model.py), and runs the matrix: memory limits of 25,
50, 75 and 110 % of the file, a stream with locality and one without, at a read-ahead of 128 KB. --full adds the disk's own
read-ahead, a disk slowed to 500 MB/s, and a model in Q4_K. --small: a model of 0.8 GB, of which a quarter are no experts,
and the two limits 50 and 110 %: minutes.
Each run is written to WORK/runs.jsonl when it is done; started again, the matrix goes on where it broke off: what failed, and what
other programs, options, threads or priorities gave, is run again. --report only reads that file. --only 25%,topics runs the cells
whose name has all these words. --ours="--eviction successor": further options of moesaic-decode, for cells of their own, in which
llama.cpp is not run again. --in-memory is another comparison, without a limit: a prompt of 512 tokens and 64 tokens behind it, with one thread
and with two (peer_in_memory.py).
"""
import argparse
import hashlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

import big_model
import peer_in_memory
import peer_machine as machine
import peer_table
from memory_group import Groups, NotPermitted

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PEER = "llama-cpp-python==0.3.36"
PEER_FLAGS = "-DLLAVA_BUILD=OFF -DLLAMA_BUILD_COMMON=OFF -DGGML_NATIVE=ON"
SIZES = {"q8_0": 5_800_000_000, "q4_k": 3_300_000_000, "small": 1_000_000_000}
MARGIN = 96 << 20  # what a process needs beside experts, weights and cache; 32 MiB of it have to stay free
PROMPT = 1
OURS = ["--system", "on_demand", "--kv", "f16"]
ALL_FITS = ["--prefetch", "fill_room"]  # what fits is read before the first token, as llama.cpp does it when it loads


def say(text):
    print(f"peer: {text}", flush=True)


def provide(work):
    """Both programs, built against one ggml; the folder they are in."""
    venv, programs = os.path.join(ROOT, "build/venv_peer"), os.path.join(work, "bin")
    site = os.path.join(venv, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
    log = os.path.join(work, "provide.log")
    with open(log, "w") as out:
        def step(what, *command, **environment):
            say(what)
            if subprocess.run(command, stdout=out, stderr=out, env={**os.environ, **environment}).returncode != 0:
                sys.exit(f"peer: {what} failed; the reason is in {log}")

        if not os.path.exists(os.path.join(site, "lib/cmake/llama")):
            step("making a virtual environment", sys.executable, "-m", "venv", venv)
            step(f"building llama.cpp from the source archive of {PEER} (3 minutes on 2 free cores)", os.path.join(venv, "bin/pip"), "install", "--no-deps",
                 "--disable-pip-version-check", "--no-binary", "llama-cpp-python", PEER, CMAKE_ARGS=PEER_FLAGS)
        build = os.path.join(work, "programs")
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        step("building both programs against its ggml", "cmake", "-S", os.path.join(ROOT, "benchmarks/end_to_end/peer"), "-B", build,
             "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_PREFIX_PATH=" + site, "-DCMAKE_RUNTIME_OUTPUT_DIRECTORY=" + programs, *launcher)
        step("compiling", "cmake", "--build", build, "-j", str(os.cpu_count()), "--target", "peer_llama", "moesaic-decode", "moesaic-make-model")
    return programs


class Model:
    """A form of the model on a disk with its own read-ahead, or in a plain folder where that is not permitted."""

    def __init__(self, form, work, programs, own_disk=True):
        self.form, self.programs, self.disk = form, programs, None
        try:
            if not own_disk:
                raise NotPermitted("not wanted")
            self.disk = machine.Disk(os.path.join(work, form + ".img"), SIZES[form])
            folder = self.disk.folder
        except NotPermitted as why:
            if own_disk:
                say(f"no disk with a read-ahead of its own ({why}); the file's own disk is used as it is")
            folder = os.path.join(work, form)
            os.makedirs(folder, exist_ok=True)
        try:
            self.provide(work, folder)
        except BaseException:
            self.close()
            raise

    def provide(self, work, folder):
        self.path = os.path.join(folder, "model.gguf")
        if not os.path.exists(self.path):
            began = time.monotonic()
            say(f"making the model {self.form}")
            big_model.make(self.path + ".part", self.form, self.programs, 1)
            os.rename(self.path + ".part", self.path)
            say(f"made {os.path.getsize(self.path) / 1e9:.2f} GB in {time.monotonic() - began:.0f} s")
        self.bytes = os.path.getsize(self.path)
        self.streams = os.path.join(work, self.form + ".streams")
        if not os.path.exists(os.path.join(self.streams, "streams.json")):
            big_model.streams(self.streams, self.path, self.programs, 160, 1)

    def of(self, o):
        """What a run depends on beside its cell. Both programs are in it, because a ratio is between runs of one round."""
        parts = [PEER, PEER_FLAGS, *OURS, *ALL_FITS, *o.ours, o.threads, o.priority, machine.content(self.path),
                 *(machine.content(os.path.join(self.programs, name)) for name in ("peer_llama", "moesaic-decode"))]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def ids(self, stream):
        with open(os.path.join(self.streams, stream + ".ids")) as f:
            return [int(word) for word in f.read().split()]

    def close(self):
        if self.disk:
            self.disk.close()


def llama_command(model, stream, tokens, threads, prompt=PROMPT):
    return [os.path.join(model.programs, "peer_llama"), model.path, os.path.join(model.streams, stream + ".ids"), str(threads), str(prompt), str(tokens)]


def our_command(model, stream, tokens, threads, budget, more=(), prompt=PROMPT):
    ids = model.ids(stream)
    forced = os.path.join(model.streams, f"{stream}.{tokens}.forced")
    with open(forced, "w") as f:  # one more than are run: the last is only chosen
        f.write(" ".join(map(str, ids[prompt : prompt + tokens + 1])))
    return [os.path.join(model.programs, "moesaic-decode"), "--model", model.path, "--prompt-ids", ",".join(map(str, ids[:prompt])), "--force-ids", forced,
            "--tokens", str(tokens + 1), "--ignore-eos", "--context", str(prompt + tokens + 9), "--threads", str(threads), "--budget", str(budget), "--quiet",
            "--json", "-", *OURS, *more]


def agreement(model, stream, tokens, o):
    """Share of positions at which both find the same token likeliest, and what the model needs beside its experts. Our logits are the
    same bits under every policy and budget (a test of the decoder holds that), so one run with all experts in memory speaks for all."""
    place = os.path.join(model.streams, f"{stream}.{tokens}.agreement.json")
    if os.path.exists(place):
        with open(place) as f:
            found = json.load(f)
        if found.get("of") == model.of(o):
            return found
    theirs = machine.run(llama_command(model, stream, tokens, o.threads), priority=o.priority)
    logits = os.path.join(model.streams, "logits")
    ours = machine.run(our_command(model, stream, tokens, o.threads, "all", [*o.ours, "--logits", logits]), priority=o.priority)
    if theirs["status"] or ours["status"]:
        sys.exit(f"peer: without any limit a program failed: {theirs['err'] or ours['err']}")
    said, told = json.loads(theirs["out"])["argmax"], json.loads(ours["out"])
    row, same = 4 * told["model"]["vocabulary"], 0
    with open(logits, "rb") as f:
        for their in said:
            mine = memoryview(f.read(row)).cast("f")
            same += max(range(len(mine)), key=mine.__getitem__) == their
    os.remove(logits)
    found = {"of": model.of(o), "positions": len(said), "same": same / len(said), "beside_experts": told["model"]["resident_bytes"] + told["model"]["cache_bytes"],
             "experts": told["model"]["expert_bytes_total"], "frame": told["budget"]["frame_bytes"]}
    with open(place, "w") as f:
        json.dump(found, f)
    return found


def one_run(arm, model, cell, agreed, groups, o):
    """One program under the cell's limit, from a cold file."""
    limit = model.bytes * cell["limit"] // 100
    if arm == "llama.cpp":
        command = llama_command(model, cell["stream"], cell["tokens"], o.threads)
    else:
        budget = limit - agreed["beside_experts"] - MARGIN
        fits = budget > agreed["experts"] + 4 * agreed["frame"]
        command = our_command(model, cell["stream"], cell["tokens"], o.threads, "all" if fits else budget, [*(ALL_FITS if fits and not o.ours else []), *o.ours])
    with groups.of(limit, cell["rate"], model.path) as group:
        machine.drop(model.path)
        done = machine.run(command, group, o.patience, o.priority)
    found = {"arm": arm, "limit_bytes": limit, "seconds": done["seconds"], "others": done["others"], "undroppable_peak": done["undroppable_peak"],
             "load": os.getloadavg()[0]}
    if done["status"] != 0:
        return {**found, "failed": done["err"] or f"ended with status {done['status']}"}
    said = json.loads(done["out"])
    if arm == "llama.cpp":
        steps, found["bytes"], found["major_faults"] = said["steps_s"], sum(said["bytes"]), sum(said["major_faults"])
        found["load_s"] = said["load_s"]
    else:
        steps, counters = said["time"]["steps_s"], said["counters"]
        found["bytes"], found["stall_s"], found["load_s"] = counters["bytes_demanded"] + counters["bytes_prefetched"], counters["stall_s"], said["time"]["load_s"]
        found["hit_ratio"] = counters["hits"] / counters["accesses"]
        found["prefetch"] = [counters[k] for k in ("prefetches", "prefetch_used", "prefetch_late", "prefetch_wasted")]
        found["work_s"], found["options"] = said["time"]["decode_work"], OURS + o.ours
    cold = cell["cold"]
    return {**found, "tokens": len(steps), "cold_tokens_per_s": cold / sum(steps[:cold]), "warm_tokens_per_s": (len(steps) - cold) / sum(steps[cold:]),
            "median_step_s": statistics.median(steps[cold:])}


def cells(o, default_read_ahead):
    def cell(form, limit, stream, read_ahead=128, rate=None, tokens=128, cold=32):
        return {"form": form, "limit": limit, "stream": stream, "read_ahead": read_ahead, "rate": rate, "tokens": tokens, "cold": cold}

    streams = ("topics", "random")
    if o.small:
        return [cell("small", limit, s) for limit in (50, 110) for s in streams]
    plan = [cell("q8_0", limit, s) for limit in (25, 50, 75, 110) for s in streams]
    if o.full:
        # llama.cpp needs some seconds for a token there.
        plan += [cell("q8_0", limit, s, default_read_ahead, tokens=12, cold=4) for limit in (25, 50) for s in streams]
        plan += [cell("q8_0", 25, s, rate=500_000_000, tokens=64, cold=16) for s in streams]
        plan += [cell("q4_k", limit, s) for limit in (25, 50, 110) for s in streams]
    return plan


def name_of(cell, ours=()):
    slow = f" {cell['rate'] // 1_000_000}MB/s" if cell["rate"] else ""
    return f"{cell['form']} {cell['limit']}% {cell['stream']} {cell['read_ahead']}KB{slow}{''.join(' ' + word for word in ours)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(ROOT, "build/peer"))
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", action="store_true")
    size.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--priority", type=int, default=0, help="of both arms, as of nice: on a machine with other users")
    parser.add_argument("--patience", type=int, default=1800, help="seconds after which a run is given up")
    parser.add_argument("--ours", default=[], type=shlex.split, help="further options of moesaic-decode: --ours=\"--scope global\"")
    parser.add_argument("--in-memory", action="store_true")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the images of 6 GB")
    o = parser.parse_args()
    machine.stop_on_signals()
    os.makedirs(o.work, exist_ok=True)
    o.work = os.path.realpath(o.work)
    if o.in_memory:
        def ours(model, stream, tokens, threads, prompt):
            return our_command(model, stream, tokens, threads, "all", o.ours or ALL_FITS, prompt)

        return peer_in_memory.measure(o, Model("small" if o.small else "q8_0", o.work, provide(o.work), own_disk=False),
                                      {"llama.cpp": llama_command, "moesaic": ours}, say)
    log = os.path.join(o.work, "runs.jsonl")
    try:
        if not o.report:
            with Groups() as groups:
                measure(o, log, groups)
    except NotPermitted as why:
        sys.exit(f"peer: {why}; this comparison limits both programs by a memory cgroup; it is left out")
    except KeyboardInterrupt:
        sys.exit("peer: broken off; the same command goes on from here")
    peer_table.write(log, o.work)


def measure(o, log, groups):
    programs = provide(o.work)
    default = machine.read_ahead_of(o.work)
    done = set()
    if os.path.exists(log):
        with open(log) as f:
            done = {(run["cell"], run["round"], run["arm"], run.get("of")) for run in map(json.loads, f) if "failed" not in run}
    plan = [c for c in cells(o, default) if all(word in name_of(c) for word in o.only.split(",") if word)]
    for form in dict.fromkeys(c["form"] for c in plan):
        try:
            model = Model(form, o.work, programs)
        except (subprocess.CalledProcessError, OSError) as why:
            sys.exit(f"peer: the model {form} could not be made: {why}")
        try:
            for cell in (c for c in plan if c["form"] == form):
                measure_cell(o, log, model, cell, groups, done)
        finally:
            model.close()
        if not o.keep and model.disk and not o.only:
            os.remove(os.path.join(o.work, form + ".img"))


def measure_cell(o, log, model, cell, groups, done):
    name, of = name_of(cell, o.ours), model.of(o)
    try:
        groups.of(None, cell["rate"], model.path).close()
    except NotPermitted as why:
        say(f"{name}: left out: {why}")
        return
    if model.disk:
        model.disk.read_ahead(cell["read_ahead"])
    elif machine.read_ahead_of(model.path) != cell["read_ahead"]:
        say(f"{name}: left out, the read-ahead of this disk is not to be changed from here")
        return
    agreed = agreement(model, cell["stream"], 64, o)
    facts = machine.facts(model.path)
    for round_ in range(o.rounds):
        for arm in ("moesaic",) if o.ours else ("llama.cpp", "moesaic") if round_ % 2 == 0 else ("moesaic", "llama.cpp"):
            if (name, round_, arm, of) in done:
                continue
            run = {"cell": name, "of": of, "round": round_, **cell, "agreement": agreed["same"], "threads": o.threads, "priority": o.priority, **facts,
                   "cgroup": 2 if groups.second else 1, **one_run(arm, model, cell, agreed, groups, o)}
            with open(log, "a") as f:
                f.write(json.dumps(run) + "\n")
            say(f"{name}, round {round_ + 1}, {arm}: " + (f"failed: {run['failed']}" if "failed" in run else
                f"{run['warm_tokens_per_s']:.2f} tokens/s (cold {run['cold_tokens_per_s']:.2f}), {run['bytes'] / run['tokens'] / 1e6:.0f} MB a token, "
                f"others used {100 * run['others']:.0f} % of the machine"))


if __name__ == "__main__":
    main()
