# SPDX-License-Identifier: MIT
"""runs.jsonl of the comparison as a table, as JSON and as a picture."""
import collections
import json
import os
import statistics

ARMS = ("llama.cpp", "moesaic")
COLOURS = {"llama.cpp": "#9a9a9a", "moesaic": "#1f6f8b"}
AGREE = 0.95


def summed_up(runs):
    """Of a cell count the runs that depend on the same as its last; of a run that was made again, the last."""
    of = {run["cell"]: run.get("of") for run in runs}
    last = {(run["cell"], run["arm"], run["round"]): run for run in runs if run.get("of") == of[run["cell"]]}
    by_cell = collections.defaultdict(lambda: collections.defaultdict(list))
    for (cell, arm, _), run in last.items():
        by_cell[cell][arm].append(run)
    rows = []
    for cell, arms in by_cell.items():
        any_run = next(iter(arms.values()))[0]
        row = {"cell": cell, **{k: any_run[k] for k in ("form", "limit", "stream", "read_ahead", "rate", "agreement")}, "void": any_run["agreement"] < AGREE, "arms": {}}
        for arm, all_runs in arms.items():
            whole = [r for r in all_runs if "failed" not in r]
            told = {"runs": len(whole), "failed": [r["failed"] for r in all_runs if "failed" in r]}
            for key in ("warm_tokens_per_s", "cold_tokens_per_s", "load_s"):
                if whole:
                    values = [r[key] for r in whole]
                    told[key], told[key + "_from"], told[key + "_to"] = statistics.median(values), min(values), max(values)
            if whole:
                told["megabytes_a_token"] = statistics.median(r["bytes"] / r["tokens"] / 1e6 for r in whole)
                told["undroppable_peak"] = max(r["undroppable_peak"] for r in whole)
                told["limit_bytes"] = whole[0]["limit_bytes"]
                told["others"] = max(r["others"] for r in whole)
                for key in ("stall_s", "major_faults", "hit_ratio"):
                    if key in whole[0]:
                        told[key] = statistics.median(r[key] for r in whole)
            row["arms"][arm] = told
        # A ratio from the two runs of one round: what disturbed the machine then disturbed both.
        rounds = collections.defaultdict(dict)
        for arm in ARMS:
            for r in arms.get(arm, []):
                if "failed" not in r:
                    rounds[r["round"]][arm] = r
        for key in ("warm", "cold"):
            pairs = [pair["moesaic"][key + "_tokens_per_s"] / pair["llama.cpp"][key + "_tokens_per_s"] for pair in rounds.values() if len(pair) == 2]
            if pairs:
                row[key + "_ratio"] = statistics.median(pairs)
                row[key + "_ratio_from"], row[key + "_ratio_to"] = min(pairs), max(pairs)
        rows.append(row)
    return rows


def as_table(rows, facts):
    lines = [f"{facts['processor']}, {facts['cores']} cores, {facts['threads']} threads, Linux {facts['kernel']}, disk {facts['disk']}, cgroup v{facts['cgroup']}"
             if facts else "no runs yet", "",
             "| cell | llama.cpp tokens/s (lowest to highest) | moesaic tokens/s | ratio | cold ratio | MB a token | stalls | agree | others on the machine |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for row in rows:
        theirs, ours = (row["arms"].get(arm, {}) for arm in ARMS)

        def speed(arm):
            if "warm_tokens_per_s" not in arm:
                return arm.get("failed", ["-"])[:1][0] if arm.get("failed") else "-"
            return "{:.2f} ({:.2f} to {:.2f})".format(*(arm["warm_tokens_per_s" + which] for which in ("", "_from", "_to")))

        def ratio(key):
            if row["void"]:
                return "void"
            return f"{row[key]:.2f} ({row[key + '_from']:.2f} to {row[key + '_to']:.2f})" if key in row else "-"

        stalls = f"{theirs.get('major_faults', 0):.0f} faults / {ours.get('stall_s', 0):.1f} s"
        lines.append(f"| {row['cell']} | {speed(theirs)} | {speed(ours)} | {ratio('warm_ratio')} | {ratio('cold_ratio')} | "
                     f"{theirs.get('megabytes_a_token', 0):.0f} / {ours.get('megabytes_a_token', 0):.0f} | {stalls} | {100 * row['agreement']:.0f} % | "
                     f"{100 * max(theirs.get('others', 0), ours.get('others', 0)):.0f} % |")
    return "\n".join(lines) + "\n"


def as_picture(rows):
    """Tokens per second of both, a group of bars for each cell, lowest to highest as a line."""
    left, top, height, step = 60, 30, 240, 92
    width = left + step * max(6, len(rows)) + 20
    highest = max((a.get("warm_tokens_per_s_to", 0) for row in rows for a in row["arms"].values()), default=1) or 1
    tick = next(t * 10**e for e in range(-3, 6) for t in (1, 2, 2.5, 5) if 4 * t * 10**e >= highest)
    most = 4 * tick
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + height + 90}" font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{top + height + 90}" fill="white"/>', f'<text x="{left}" y="16">tokens per second, warm; bars: median, lines: lowest to highest</text>']
    for i in range(5):
        y = top + height - height * i / 4
        out.append(f'<line x1="{left}" x2="{width - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * i:g}</text>')
    for i, row in enumerate(rows):
        for j, arm in enumerate(ARMS):
            told = row["arms"].get(arm, {})
            if "warm_tokens_per_s" not in told:
                continue
            x, value = left + step * i + 10 + 34 * j, told["warm_tokens_per_s"]
            y, low, high = (top + height - height * told["warm_tokens_per_s" + which] / most for which in ("", "_from", "_to"))
            out.append(f'<rect x="{x}" y="{y:.1f}" width="30" height="{top + height - y:.1f}" fill="{COLOURS[arm]}" fill-opacity="{0.25 if row["void"] else 1}"/>'
                       f'<line x1="{x + 15}" x2="{x + 15}" y1="{high:.1f}" y2="{low:.1f}" stroke="black"/>'
                       f'<text x="{x + 15}" y="{min(high, y) - 4:.1f}" text-anchor="middle">{value:.3g}</text>')
        for line, word in enumerate(row["cell"].split()):
            out.append(f'<text x="{left + step * i + 42}" y="{top + height + 16 + 13 * line}" text-anchor="middle">{word}</text>')
    for j, arm in enumerate(ARMS):
        x = left + 390 + 90 * j
        out.append(f'<rect x="{x}" y="7" width="11" height="11" fill="{COLOURS[arm]}"/><text x="{x + 16}" y="16">{arm}</text>')
    return "\n".join(out) + "\n</svg>\n"


def write(log, folder):
    runs = []
    if os.path.exists(log):
        with open(log) as f:
            runs = [json.loads(line) for line in f]
    rows = summed_up(runs)
    table = as_table(rows, runs[-1] if runs else None)
    for name, text in (("table.md", table), ("table.json", json.dumps(rows, indent=1) + "\n"), ("plot.svg", as_picture(rows))):
        with open(os.path.join(folder, name + ".part"), "w") as f:
            f.write(text)
        os.rename(os.path.join(folder, name + ".part"), os.path.join(folder, name))
    print(table)
    print(f"peer: {len(runs)} runs; {folder}/table.md, table.json, plot.svg")
