# SPDX-License-Identifier: MIT
"""Runs the commands of the documents as they stand there, in a folder that looks like a clone in which everything is built.

    commands_test.py ROOT PROGRAMS      (77: a program is not part of this build)

Each function of commands.sh is a block of a page. One whose line says "not run" is left to whoever does the thing itself.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "house"))
import links  # noqa: E402

SKIPPED = 77


def functions(text):
    """Every function of the script, and whether it is run."""
    return {name: "not run" not in rest for name, rest in re.findall(r"^(\w+)\(\) \{(.*)$", text, re.M)}


def clone_like(root, programs, folder):
    for name in ("include", "tests", "examples"):
        os.symlink(root / name, folder / name)
    (folder / "build").mkdir()
    os.symlink(programs, folder / "build" / "bin")
    (folder / "lru_2.cpp").write_text(links.slice_of(root / "tests/docs/first_policy.cpp", "policy") + "\n", encoding="utf-8")


def drawn(file):
    """Names of the tracks by number, marks, and slices of each track as (from, until, name, arguments), in order."""
    events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    tracks = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    slices = {}
    for e in events:
        if e["ph"] != "M":
            slices.setdefault(e["tid"], [])
        if e["ph"] == "X":
            slices[e["tid"]].append((e["ts"], e["ts"] + e["dur"], e["name"], e.get("args", {})))
    return tracks, [e["name"] for e in events if e["ph"] == "i"], {track: sorted(inner, key=lambda s: s[:2]) for track, inner in slices.items()}


def timeline_is_whole(file, policy, link="link"):
    tracks, marks, slices = drawn(file)
    missing = {"steps", f"decisions: {policy}", link, "MoE layer 0"} - set(tracks.values())
    if missing:
        return f"{file.name} has no track {', '.join(sorted(missing))}"
    if len(set(tracks.values())) != len(tracks) or not set(slices) <= set(tracks):
        return f"{file.name} has tracks of one name, or without one"
    for track, inner in slices.items():
        for one, other in zip(inner, inner[1:]):
            if other[0] < one[1] - 0.0015:  # times are written to the nanosecond
                return f"{file.name} has {one[2]!r} and {other[2]!r} at once on the track {tracks[track]!r}"
    if not any(re.fullmatch(r"evicted \(\d+,\d+\) for \(\d+,\d+\)(: .+ [<=>] .+)?", mark) for mark in marks):
        return f"{file.name} tells of nobody who left"
    return None


def wrong_with(name, folder, said):
    """What a page promises of a block beyond ending well; None if it holds."""
    if name == "first_policy":
        rows = [line.split() for line in said.splitlines()]
        if not any("lru_2" in row for row in rows):
            return "no row of lru_2"
        return timeline_is_whole(folder / "timeline.json", "lru_2")
    if name == "write_a_policy":
        return None if any("ageing_lfu" in line.split() for line in said.splitlines()) else "no row of ageing_lfu"
    if name == "read_a_timeline":
        _, marks, _ = drawn(folder / "decode.json")
        if not any(re.search(r": lrfu\(32\) \d+\.\d+ [<=>] \d+\.\d+$", mark) for mark in marks):
            return "decode.json shows no counts of lrfu"
        return timeline_is_whole(folder / "decode.json", "lrfu(32)") or timeline_is_whole(folder / "simulated.json", "lru", "link: disk")
    if name == "read_a_timeline_later":
        return timeline_is_whole(folder / "run.json", "lru")
    if name == "choose_a_budget_plan":
        return None if "recommended" in said else "nothing is recommended"
    if name == "choose_a_budget_record":
        return None if "belady" in said else "no row of belady"
    return "commands_test.py does not know what to look for"


def main(root, programs):
    script = root / "tests/docs/commands.sh"
    needed = {"moesaic-" + name for name in re.findall(r"build/bin/moesaic-(\w+)", script.read_text(encoding="utf-8"))}
    absent = sorted(name for name in needed if not (programs / name).exists())
    if absent:
        print(f"skipped: {', '.join(absent)} is not part of this build")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        clone_like(root, programs, folder)
        for name, run in functions(script.read_text(encoding="utf-8")).items():
            if not run:
                continue
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", f'. "{script}"; {name}'], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False)
            wrong = f"ends with status {done.returncode}" if done.returncode else wrong_with(name, folder, done.stdout)
            print(f"{name}: {wrong or 'as the page says'}")
            if wrong:
                failed += 1
                print(done.stdout)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
