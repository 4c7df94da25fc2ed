# SPDX-License-Identifier: MIT
"""speculation.py on two cells with few tokens: what it writes down adds up, can be told again, goes on where it stood, and can fail.

    speculation_test.py BENCHMARKS PROGRAMS
"""
import json, os, pathlib, subprocess, sys, tempfile

BENCHMARKS, PROGRAMS = map(pathlib.Path, sys.argv[1:3])
SCRIPT = BENCHMARKS / "end_to_end/speculation.py"
MODEL = BENCHMARKS.parent / "examples/models/moesaic-demo-moe-q8_0.gguf"
TOKENS = 16


def bench(folder, programs=PROGRAMS, *more):
    return subprocess.run([sys.executable, "-B", str(SCRIPT), str(programs), "--model", str(MODEL), "--tokens", str(TOKENS), "--cells", "2", "--only", "simulated",
                           "--out", str(folder), *more], capture_output=True, text=True)


def check(holds, what):
    if not holds:
        sys.exit(f"speculation_test: {what}")


def written(folder):
    return json.loads((folder / "speculation.json").read_text())


def cells_are_sound(done):
    right, wrong = done["cells"]
    check([c["draft"] for c in done["cells"]] == ["scripted", "scripted"] and (right["drafts"], wrong["drafts"]) == ("well", "badly"), "the controls come first")
    for cell in done["cells"]:
        arms = cell["arms"]
        kinds = {kind: [a for a in arms if a["kind"] == kind] for kind in ("plain", "bundle", "governor")}
        check(len(kinds["plain"]) >= 7 and {"moe_speq", "sp_moe", "moe_spac"} < {a["arm"] for a in kinds["bundle"]} and len(kinds["governor"]) >= 9, "an arm is missing")
        check(all(a["same_ids"] for a in arms), "ids differ")
        check(len({a["memory"] for a in arms}) == 1, f"arms have different memory: {sorted({a['memory'] for a in arms})}")
        check(arms[0]["memory"] == cell["budget"] + cell["draft_bytes"] == cell["expert_bytes"] // 4, "the budget is not a quarter")
        # The link is as fast as the cell says: reading what on_demand reads takes ten times as long as computing it.
        plain = next(a for a in arms if a["arm"] == "on_demand")
        computing = 1e-9 * (done["first_row_ns"]["pass"] + 8 * done["first_row_ns"]["layer"] + 48 * done["first_row_ns"]["expert"])
        check(abs(plain["bytes_per_token"] / cell["rate"] * cell["compute_to_read"] / computing - 1) < 1e-6, "compute : read is not what it says")
        # Experts are computed while others still travel, so a token takes at least its reading and at most that and its computing.
        check(10 * computing <= 1 / plain["tokens_per_s"] <= 11 * computing, f"a plain token takes {1 / plain['tokens_per_s']} s, and computing it {computing} s")
        silent = next(a for a in arms if a["arm"] == "fixed(0)")
        check(silent["tokens_per_s"] == plain["tokens_per_s"] and silent["acceptance"] is None, "fixed(0) drafts")
        for a in arms:
            check(0 <= a["hit_ratio"] <= 1 and 0 <= a["stall_share"] <= 1 and a["bytes_per_token"] > 0, f"{a['arm']}: shares out of range")
            if a["acceptance"] is not None:
                check(a["kind"] != "plain", f"{a['arm']} drafts without a drafter")
                if a["arm"].startswith("fixed"):
                    check(a["acceptance"] == (1 if cell is right else 0), f"{a['arm']} accepts {a['acceptance']}")
    check(right["governor_over_best_fixed"]["working_set(8)"] > 0 and right["best_fixed"] != "fixed(0)" and wrong["best_fixed"] == "fixed(0)", "the best fixed length")
    check(right["speculation_over_plain"] > 1 > wrong["speculation_over_plain"], "drafting wins when it is wrong, or loses when it is right")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        first, second = pathlib.Path(scratch) / "first", pathlib.Path(scratch) / "second"
        ran = bench(first)
        check(ran.returncode == 0, f"status {ran.returncode}: {ran.stderr}")
        done = written(first)
        cells_are_sound(done)
        check({"speculation_map_device.svg", "speculation_governor_device.svg", "speculation_bytes_device.svg"} <= set(os.listdir(first)), "a chart is missing")

        # Cut short at once, and gone on with: the same as in one go, and nothing is run twice.
        second.mkdir()
        check("cut short" in bench(second, PROGRAMS, "--minutes", "0").stdout, "--minutes does not stop it")
        lines = (first / "runs.jsonl").read_text().splitlines(keepends=True)
        (second / "runs.jsonl").write_text("".join(lines[:len(lines) // 2]) + lines[-1][:40])
        check(bench(second).returncode == 0 and written(second)["cells"] == done["cells"], "a run that goes on ends elsewhere")
        check(bench(first).returncode == 0 and (first / "runs.jsonl").read_text().splitlines(keepends=True) == lines, "runs that are written down are run again")
        # Of another program nothing is known.
        (other := pathlib.Path(scratch) / "other").mkdir()
        (other / "speculation_cells").write_bytes((PROGRAMS / "speculation_cells").read_bytes() + b"another")
        check("cut short" in bench(first, other, "--minutes", "0").stdout, "runs of another program count")

        # And it can fail: one answer with other ids.
        forged = [json.loads(line) for line in lines]
        victim = next(run for run in forged if run["answer"]["speculation"]["drafted"] > 0)
        victim["answer"]["ids"][-1] += 1
        (first / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in forged))
        ran = bench(first)
        check(ran.returncode == 1 and "ids differ" in ran.stderr, "other ids pass")


main()
