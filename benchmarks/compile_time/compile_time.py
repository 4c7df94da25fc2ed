#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What including a header costs: seconds to compile it alone, lines after preprocessing, and how many of them are the library's.

    compile_time.py [--compiler g++] [--rounds 5] [--json F]

Measured are moesaic.hpp, the residency core alone, each folder's catalogue and the trace hub, beside an empty file and the standard headers
that all of them need anyway. CPU time of the compiler (parsing and instantiating what the header itself uses; nothing is generated), median over
rounds that take turns; noise is the distance of the quartiles.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
STANDARD = ("algorithm", "array", "concepts", "cstdint", "memory", "optional", "span", "string", "utility", "variant", "vector")


def umbrellas():
    found = {"nothing": [], "standard headers": list(STANDARD)}
    found["residency core"] = ["moesaic/cache/residency.hpp"]
    for path in [INCLUDE / "moesaic" / "moesaic.hpp", *sorted(INCLUDE.glob("moesaic/*/catalogue.hpp")), *sorted(INCLUDE.glob("moesaic/trace/hub/*.hpp"))]:
        name = path.relative_to(INCLUDE).as_posix()
        found[name] = [name]
    return found


def command(compiler, *words):
    return [compiler, "-std=c++20", "-O2", f"-I{INCLUDE}", *words]


def preprocessed(compiler, source):
    done = subprocess.run(command(compiler, "-E", source), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    lines = own = 0
    from_us = False
    for line in done.stdout.splitlines():
        if line.startswith("#"):
            from_us = f'"{INCLUDE}' in line
        elif line.strip():
            lines += 1
            own += from_us
    return lines, own


def seconds(compiler, source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command(compiler, "-fsyntax-only", source), capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--json", metavar="F")
    given = asked.parse_args()
    if shutil.which(given.compiler) is None or given.rounds < 1:
        print(f"compile_time.py: no compiler {given.compiler}, or fewer than one round; name one with --compiler", file=sys.stderr)
        return 2
    version = subprocess.run([given.compiler, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, headers) in enumerate(umbrellas().items()):
            source = f"{folder}/{number}.cpp"
            pathlib.Path(source).write_text("".join(f"#include <{header}>\n" for header in headers), encoding="utf-8")
            counted = preprocessed(given.compiler, source)
            if counted is None or seconds(given.compiler, source) is None:
                print(f"{name}: left out, it does not compile here (a library of its own is missing)")
                continue
            rows.append({"name": name, "source": source, "lines": counted[0], "own_lines": counted[1], "times": []})
        for _ in range(given.rounds):
            for row in rows:
                row["times"].append(seconds(given.compiler, row["source"]))
    print(f"{version}, {given.rounds} rounds\n{'':<40} {'seconds':>8} {'noise':>7} {'lines':>8} {'ours':>6}")
    for row in rows:
        times = row.pop("times")
        del row["source"]
        quartiles = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else [times[0]] * 3
        row["seconds"], row["noise"] = round(quartiles[1], 3), round(quartiles[2] - quartiles[0], 3)
        print(f"{row['name']:<40} {row['seconds']:>8.2f} {row['noise']:>7.2f} {row['lines']:>8} {row['own_lines']:>6}")
    if given.json:
        part = f"{given.json}.part"
        pathlib.Path(part).write_text(json.dumps({"schema": "moesaic.compile_time/1", "compiler": version, "rounds": given.rounds, "rows": rows}, indent=1) + "\n",
                                      encoding="utf-8")
        os.replace(part, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
