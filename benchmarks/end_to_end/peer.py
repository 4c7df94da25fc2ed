#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""moesaic-decode beside llama.cpp: the same file, the same tokens, the same threads, the same memory limit.

    peer.py [--work build/peer] [--small | --full] [--only TEXT] [--rounds 5] [--report]

Gets llama.cpp (from the source archive of the Python package llama-cpp-python, into build/venv_peer), builds both programs
against its ggml, makes a model of 5.3 GB and two streams of tokens (big_model.py), and runs the matrix: memory limits of 25,
50, 75 and 110 % of the file, a stream with locality and one without, at a read-ahead of 128 KB. --full adds the disk's own
read-ahead, a disk slowed to 500 MB/s, and a model in Q4_K. --small: a model of 0.8 GB, the two limits 25 and 110 %: minutes.
Each run is written to WORK/runs.jsonl when it is done; started again, the matrix goes on where it broke off. --report only
reads that file. --only 25%,topics runs the cells whose name has all these words.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

import big_model
import peer_machine as machine
import peer_table

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
PEER = "llama-cpp-python==0.3.36"
PEER_FLAGS = "-DLLAVA_BUILD=OFF -DLLAMA_BUILD_COMMON=OFF -DGGML_NATIVE=ON"
SIZES = {"q8_0": 5_800_000_000, "q4_k": 3_300_000_000, "small": 1_000_000_000}
MARGIN = 96 << 20  # what a process needs beside experts, weights and cache; 32 MiB of it have to stay free
PROMPT = 1
OURS = ["--system", "on_demand", "--kv", "f16"]


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

    def __init__(self, form, work, programs):
        self.form, self.programs, self.disk = form, programs, None
        try:
            self.disk = machine.Disk(os.path.join(work, form + ".img"), SIZES[form])
            folder = self.disk.folder
        except machine.NotPermitted as why:
            say(f"no disk with a read-ahead of its own ({why}); the file's own disk is used as it is")
            folder = os.path.join(work, form)
            os.makedirs(folder, exist_ok=True)
        self.path = os.path.join(folder, "model.gguf")
        if not os.path.exists(self.path):
            began = time.monotonic()
            say(f"making the model {form}")
            big_model.make(self.path, form, programs, 1)
            say(f"made {os.path.getsize(self.path) / 1e9:.2f} GB in {time.monotonic() - began:.0f} s")
        self.bytes = os.path.getsize(self.path)
        self.streams = os.path.join(work, form + ".streams")
        if not os.path.exists(os.path.join(self.streams, "streams.json")):
            big_model.streams(self.streams, self.path, programs, 160, 1)

    def ids(self, stream):
        with open(os.path.join(self.streams, stream + ".ids")) as f:
            return [int(word) for word in f.read().split()]

    def close(self):
        if self.disk:
            self.disk.close()


def llama_command(model, stream, tokens, threads):
    return [os.path.join(model.programs, "peer_llama"), model.path, os.path.join(model.streams, stream + ".ids"), str(threads), str(PROMPT), str(tokens)]


def our_command(model, stream, tokens, threads, budget, more=()):
    ids = model.ids(stream)
    forced = os.path.join(model.streams, f"{stream}.{tokens}.forced")
    with open(forced, "w") as f:  # one more than are run: the last is only chosen
        f.write(" ".join(map(str, ids[PROMPT : PROMPT + tokens + 1])))
    return [os.path.join(model.programs, "moesaic-decode"), "--model", model.path, "--prompt-ids", ",".join(map(str, ids[:PROMPT])), "--force-ids", forced,
            "--tokens", str(tokens + 1), "--ignore-eos", "--context", str(PROMPT + tokens + 9), "--threads", str(threads), "--budget", str(budget), "--quiet",
            "--json", "-", *OURS, *more]


def agreement(model, stream, tokens, threads, priority):
    """Share of positions at which both find the same token likeliest, and what the model needs beside its experts. Our logits are the
    same bits under every policy and budget (a test of the decoder holds that), so one run with all experts in memory speaks for all."""
    place = os.path.join(model.streams, f"{stream}.{tokens}.agreement.json")
    if os.path.exists(place):
        with open(place) as f:
            return json.load(f)
    theirs = machine.run(llama_command(model, stream, tokens, threads), priority=priority)
    logits = os.path.join(model.streams, "logits")
    ours = machine.run(our_command(model, stream, tokens, threads, "all", ["--logits", logits]), priority=priority)
    if theirs["status"] or ours["status"]:
        sys.exit(f"peer: without any limit a program failed: {theirs['err'] or ours['err']}")
    said, told = json.loads(theirs["out"])["argmax"], json.loads(ours["out"])
    row, same = 4 * told["model"]["vocabulary"], 0
    with open(logits, "rb") as f:
        for their in said:
            mine = memoryview(f.read(row)).cast("f")
            same += max(range(len(mine)), key=mine.__getitem__) == their
    os.remove(logits)
    found = {"positions": len(said), "same": same / len(said), "beside_experts": told["model"]["resident_bytes"] + told["model"]["cache_bytes"],
             "experts": told["model"]["expert_bytes_total"], "frame": told["budget"]["frame_bytes"]}
    with open(place, "w") as f:
        json.dump(found, f)
    return found


def one_run(arm, model, cell, agreed, o):
    """One program under the cell's limit, from a cold file."""
    limit = model.bytes * cell["limit"] // 100
    name = f"moesaic_peer_{os.getpid()}"
    group = machine.Group(name, limit, cell["rate"], model.path)
    try:
        if arm == "llama.cpp":
            command = llama_command(model, cell["stream"], cell["tokens"], o.threads)
        else:
            budget = limit - agreed["beside_experts"] - MARGIN
            # Where everything fits, as many slots as there are experts.
            command = our_command(model, cell["stream"], cell["tokens"], o.threads, "all" if budget > agreed["experts"] + 4 * agreed["frame"] else budget)
        machine.drop(model.path)
        done = machine.run(command, group, o.patience, o.priority)
    finally:
        group.close()
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
        found["work_s"], found["options"] = said["time"]["decode_work"], OURS
    cold = cell["cold"]
    return {**found, "tokens": len(steps), "cold_tokens_per_s": cold / sum(steps[:cold]), "warm_tokens_per_s": (len(steps) - cold) / sum(steps[cold:]),
            "median_step_s": statistics.median(steps[cold:])}


def cells(o, default_read_ahead):
    def cell(form, limit, stream, read_ahead=128, rate=None, tokens=128, cold=32):
        return {"form": form, "limit": limit, "stream": stream, "read_ahead": read_ahead, "rate": rate, "tokens": tokens, "cold": cold}

    streams = ("topics", "random")
    if o.small:
        return [cell("small", limit, s) for limit in (25, 110) for s in streams]
    plan = [cell("q8_0", limit, s) for limit in (25, 50, 75, 110) for s in streams]
    if o.full:
        # llama.cpp makes a token in some seconds there.
        plan += [cell("q8_0", limit, s, default_read_ahead, tokens=24, cold=8) for limit in (25, 50) for s in streams]
        plan += [cell("q8_0", 25, s, rate=500_000_000, tokens=64, cold=16) for s in streams]
        plan += [cell("q4_k", limit, s) for limit in (25, 50, 110) for s in streams]
    return plan


def name_of(cell):
    slow = f" {cell['rate'] // 1_000_000}MB/s" if cell["rate"] else ""
    return f"{cell['form']} {cell['limit']}% {cell['stream']} {cell['read_ahead']}KB{slow}"


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
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the images of 6 GB")
    o = parser.parse_args()
    for broken_off in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # what was made is removed then too
        signal.signal(broken_off, lambda *_: sys.exit("peer: broken off; the same command goes on from here"))
    os.makedirs(o.work, exist_ok=True)
    o.work = os.path.realpath(o.work)
    log = os.path.join(o.work, "runs.jsonl")
    if not o.report:
        measure(o, log)
    peer_table.write(log, o.work)


def measure(o, log):
    programs = provide(o.work)
    default = machine.read_ahead_of(o.work)
    done = {}
    if os.path.exists(log):
        with open(log) as f:
            for line in f:
                run = json.loads(line)
                done[run["cell"], run["round"], run["arm"]] = True
    plan = [c for c in cells(o, default) if all(word in name_of(c) for word in o.only.split(",") if word)]
    for form in dict.fromkeys(c["form"] for c in plan):
        try:
            model = Model(form, o.work, programs)
        except (subprocess.CalledProcessError, OSError) as why:
            sys.exit(f"peer: the model {form} could not be made: {why}")
        try:
            for cell in (c for c in plan if c["form"] == form):
                measure_cell(o, log, model, cell, done)
        except machine.NotPermitted as why:
            sys.exit(f"peer: {why}; this comparison limits both programs by a memory cgroup, so it needs root (or a cgroup handed to you); it is left out")
        finally:
            model.close()
        if not o.keep and model.disk and not o.only:
            os.remove(os.path.join(o.work, form + ".img"))


def measure_cell(o, log, model, cell, done):
    name = name_of(cell)
    if model.disk:
        model.disk.read_ahead(cell["read_ahead"])
    elif machine.read_ahead_of(model.path) != cell["read_ahead"]:
        say(f"{name}: left out, the read-ahead of this disk is not to be changed from here")
        return
    agreed = agreement(model, cell["stream"], 64, o.threads, o.priority)
    facts = machine.facts(model.path)
    for round_ in range(o.rounds):
        for arm in ("llama.cpp", "moesaic") if round_ % 2 == 0 else ("moesaic", "llama.cpp"):
            if (name, round_, arm) in done:
                continue
            run = {"cell": name, "round": round_, **cell, "agreement": agreed["same"], "threads": o.threads, "priority": o.priority, **facts,
                   **one_run(arm, model, cell, agreed, o)}
            with open(log, "a") as f:
                f.write(json.dumps(run) + "\n")
            say(f"{name}, round {round_ + 1}, {arm}: " + (f"failed: {run['failed']}" if "failed" in run else
                f"{run['warm_tokens_per_s']:.2f} tokens/s (cold {run['cold_tokens_per_s']:.2f}), {run['bytes'] / run['tokens'] / 1e6:.0f} MB a token, "
                f"others used {100 * run['others']:.0f} % of the machine"))


if __name__ == "__main__":
    main()
