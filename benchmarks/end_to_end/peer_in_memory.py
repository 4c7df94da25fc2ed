# SPDX-License-Identifier: MIT
"""Both programs with all of the model in memory: a prompt of 512 tokens at once, then token after token; with one thread and with two.

llama.cpp's mapping is in the page cache before its prompt. moesaic-decode reads the experts while it computes the prompt (budget: all), and that
time is in its prompt; behind it nothing is read. Arms take turns, ratios are of the two runs of one round.
"""
import json
import os
import statistics

import big_model
import peer_machine as machine

PROMPT, TOKENS, COLD = 512, 64, 8


def one_run(arm, model, threads, o, commands):
    with open(model.path, "rb", buffering=0) as f:  # into the page cache
        while f.read(1 << 24):
            pass
    done = machine.run(commands[arm](model, "long", TOKENS, threads, PROMPT), None, o.patience, o.priority)
    if done["status"] != 0:
        raise SystemExit(f"peer: {arm} ended with status {done['status']}: {done['err']}")
    said = json.loads(done["out"])
    times = said if arm == "llama.cpp" else said["time"]
    return {"arm": arm, "threads": threads, "prompt": PROMPT / times["prefill_s"], "decode": (TOKENS - COLD) / sum(times["steps_s"][COLD:]),
            "quickest": 1 / min(times["steps_s"]), "processor_s": done["cpu_s"], "others": done["others"], "load": os.getloadavg()[0]}


def measure(o, model, commands, say):
    with open(os.path.join(model.streams, "long.ids"), "w") as f:
        f.write(" ".join(map(str, big_model.stream("random", PROMPT + TOKENS, 1))))
    runs = []
    for round_ in range(o.rounds):
        for threads in (1, 2):
            for arm in ("llama.cpp", "moesaic") if round_ % 2 == 0 else ("moesaic", "llama.cpp"):
                runs.append({"round": round_, **one_run(arm, model, threads, o, commands)})
                say("{arm}, threads {threads}: prompt {prompt:.1f}, then {decode:.2f} (at best {quickest:.2f}) tokens/s; {processor_s:.1f} s of processors, "
                    "others used {others:.0%} of the machine".format(**runs[-1]))
    with open(os.path.join(o.work, "in_memory.json"), "w") as f:
        json.dump({"facts": machine.facts(model.path), "model": os.path.getsize(model.path), "priority": o.priority, "ours": o.ours,
                   "waiting": os.environ.get("OMP_WAIT_POLICY", "as it comes"), "runs": runs}, f, indent=1)
    print("\n| threads | | llama.cpp tokens/s (lowest to highest) | moesaic tokens/s | ratio of a round |\n| --- | --- | ---: | ---: | ---: |")
    for threads in (1, 2):
        for what in ("prompt", "decode", "quickest"):
            of = {arm: [r[what] for r in runs if r["arm"] == arm and r["threads"] == threads] for arm in ("llama.cpp", "moesaic")}
            ratios = [ours / theirs for ours, theirs in zip(of["moesaic"], of["llama.cpp"])]
            cells = [f"{statistics.median(v):.2f} ({min(v):.2f} to {max(v):.2f})" for v in (of["llama.cpp"], of["moesaic"], ratios)]
            print(f"| {threads} | {dict(prompt='prompt of 512', decode='decode', quickest='quickest token')[what]} | {' | '.join(cells)} |")
