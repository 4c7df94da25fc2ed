#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two runs of a Google Benchmark program, or one run and the ratios it should have.

    compare.py BEFORE.json AFTER.json [--json F]       after / before for each benchmark both have, with its noise
    compare.py --baseline RATIOS.json RUN.json...      fails if one of the ratios has become worse than allowed
    compare.py --baseline RATIOS.json --names          a filter for --benchmark_filter: what the ratios need
    compare.py --baseline RATIOS.json --record RUN.json...   writes the ratios of these runs into RATIOS.json

A ratio marked `everywhere` (one policy at two sizes) is held on every machine. The others depend on the processor as well: they are held
where it is the one they were recorded on, and elsewhere shown.

CPU time, median over repetitions; the noise of a time is its quartiles. A difference counts only if the interval from (lower
quartile after / upper quartile before) to (upper / lower) leaves 1 out. Fewer than 4 repetitions have no quartiles: then it says so.
Times depend on the machine; ratios between benchmarks of one run hardly do, which is why those are what is kept.
Status: 0, 1 if a ratio is worse than allowed, 2 if a file is not what it should be.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import sys

SCHEMA = "moesaic.ratios/1"
UNITS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class unusable(Exception):
    pass


def read(path):
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as why:
        raise unusable(f"{path}: cannot be read ({why.strerror}); check the name")
    except ValueError:
        raise unusable(f"{path}: is no JSON; expected what --benchmark_out_format=json writes")


def times_of(paths):
    """Name -> CPU times in ns, one for each repetition, over all the files."""
    found = {}
    for path in paths:
        content = read(path)
        runs = content.get("benchmarks") if isinstance(content, dict) else None
        if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
            raise unusable(f"{path}: has no list `benchmarks` of objects; expected what --benchmark_out_format=json writes")
        for run in runs:
            if run.get("run_type", "iteration") != "iteration" or run.get("error_occurred"):
                continue
            try:
                found.setdefault(run.get("run_name", run["name"]), []).append(float(run["cpu_time"]) * UNITS[run["time_unit"]])
            except (KeyError, TypeError, ValueError):
                raise unusable(f"{path}: a benchmark without name, cpu_time or time_unit; expected what --benchmark_out_format=json writes")
    return found


def spread(times):
    """(lower quartile, median, upper quartile); fewer than 4 times say nothing about quartiles."""
    if len(times) < 4:
        return None, statistics.median(times), None
    lower, middle, upper = statistics.quantiles(times, n=4, method="inclusive")
    return lower, middle, upper


def ratio(after, before):
    """(lowest, median, highest); the ends are None where one side has no quartiles."""
    a, b = spread(after), spread(before)
    if b[1] <= 0 or (b[0] is not None and b[0] <= 0):
        raise unusable("a benchmark of 0 ns cannot be compared with; run it longer (--benchmark_min_time)")
    if a[0] is None or b[0] is None:
        return None, a[1] / b[1], None
    return a[0] / b[2], a[1] / b[1], a[2] / b[0]


def verdict(low, high):
    if low is None:
        return "noise unknown: fewer than 4 repetitions"
    return "slower" if low > 1 else "faster" if high < 1 else "within noise"


def compare(before_path, after_path, out):
    before, after = times_of([before_path]), times_of([after_path])
    common = [name for name in before if name in after]
    if not common:
        raise unusable(f"{before_path} and {after_path} have no benchmark in common")
    width = max(len(name) for name in common)
    rows = []
    for name in common:
        low, middle, high = ratio(after[name], before[name])
        rows.append({"name": name, "before_ns": statistics.median(before[name]), "after_ns": statistics.median(after[name]), "ratio": middle,
                     "low": low, "high": high, "repetitions": [len(before[name]), len(after[name])], "verdict": verdict(low, high)})
        interval = "" if low is None else f"[{low:.2f}, {high:.2f}]"
        print(f"{name:<{width}}  {rows[-1]['before_ns']:>12.1f} ns {rows[-1]['after_ns']:>12.1f} ns  {middle:>6.2f} {interval:<14} {rows[-1]['verdict']}")
    for name in sorted(before.keys() ^ after.keys()):
        print(f"{name:<{width}}  only in {before_path if name in before else after_path}")
    if out:
        save(out, {"schema": "moesaic.compare/1", "before": before_path, "after": after_path, "rows": rows})
    return 0


def save(path, what):
    part = f"{path}.part"
    pathlib.Path(part).write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def ratios_of(path):
    content = read(path)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or not content.get("ratios"):
        raise unusable(f"{path}: expected the schema {SCHEMA} and a list `ratios` with something in it")
    for entry in content["ratios"]:
        if not isinstance(entry, dict) or not {"of", "over", "value", "allowed"} <= entry.keys() or entry["allowed"] < 1:
            raise unusable(f"{path}: each ratio needs `of`, `over`, `value` and `allowed` (1 or more: how much worse it may become)")
    return content


def measured(entry, times, baseline):
    for side in ("of", "over"):
        if entry[side] not in times:
            raise unusable(f"{entry[side]} is in {baseline}, but was not run; run it, or take it out of there")
    return ratio(times[entry["of"]], times[entry["over"]])


def processor():
    """As Linux names it; None elsewhere. A name alone is too coarse: virtual machines leave the model out of it."""
    try:
        said = dict(re.findall(r"^(vendor_id|cpu family|model|model name|CPU implementer|CPU part)\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M))
    except OSError:
        return None
    return ", ".join(f"{key} {value.strip()}" for key, value in sorted(said.items())) or None


def check(baseline, paths):
    content, times = ratios_of(baseline), times_of(paths)
    same = content.get("processor") in (None, processor())
    held = sum(same or entry.get("everywhere", False) for entry in content["ratios"])
    worse = 0
    width = max(len(f"{e['of']} / {e['over']}") for e in content["ratios"])
    for entry in content["ratios"]:
        low, middle, high = measured(entry, times, baseline)
        limit = entry["value"] * entry["allowed"]
        # Noise must not fail the check, so it is the low end of the interval that has to keep the limit.
        above = (middle if low is None else low) > limit
        counts = same or entry.get("everywhere", False)
        worse += above and counts
        interval = "" if low is None else f"[{low:.2f}, {high:.2f}]"
        told = "" if not above else "  WORSE" if counts else "  above, on another processor"
        print(f"{entry['of'] + ' / ' + entry['over']:<{width}}  {middle:>7.2f} {interval:<16} was {entry['value']:.2f}, limit {limit:.2f}{told}")
    others = len(content["ratios"]) - held
    print(f"{held - worse} of {held} ratios hold" + (f"; {others} were recorded on another processor ({content['processor']}) and are only shown" if others else ""))
    return 1 if worse else 0


def record(baseline, paths):
    content, times = ratios_of(baseline), times_of(paths)
    for entry in content["ratios"]:
        entry["value"] = round(measured(entry, times, baseline)[1], 3)
    content["processor"] = processor()
    lines = ",\n".join("  " + json.dumps(entry) for entry in content["ratios"])
    rest = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in content.items() if key != "ratios")
    part = f"{baseline}.part"
    pathlib.Path(part).write_text("{\n" + rest + ' "ratios": [\n' + lines + "\n ]\n}\n", encoding="utf-8")
    os.replace(part, baseline)
    return 0


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("runs", nargs="*", metavar="RUN.json")
    asked.add_argument("--baseline", metavar="RATIOS.json")
    asked.add_argument("--record", action="store_true")
    asked.add_argument("--names", action="store_true")
    asked.add_argument("--json", metavar="F")
    given = asked.parse_args()
    try:
        if given.baseline and given.names:
            names = {entry[side] for entry in ratios_of(given.baseline)["ratios"] for side in ("of", "over")}
            print("^(" + "|".join(re.escape(name) for name in sorted(names)) + ")$")
            return 0
        if given.baseline:
            if not given.runs:
                raise unusable("--baseline needs at least one run (JSON of Google Benchmark)")
            return (record if given.record else check)(given.baseline, given.runs)
        if len(given.runs) != 2:
            raise unusable("two runs are compared: BEFORE.json AFTER.json (see --help)")
        return compare(*given.runs, given.json)
    except unusable as why:
        print(f"compare.py: {why}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
