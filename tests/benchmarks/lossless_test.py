# SPDX-License-Identifier: MIT
"""speculation_lossless.py on few tokens: no id differs, runs that were cut short go on, and one that differs is told. Then a target whose experts have two
sizes, and a drafter that has its vocabulary and nothing else of its shape.

    lossless_test.py BENCHMARKS PROGRAMS
"""
import json, pathlib, subprocess, sys, tempfile

BENCHMARKS, PROGRAMS = map(pathlib.Path, sys.argv[1:3])


def bench(folder, *more):
    return subprocess.run([sys.executable, "-B", str(BENCHMARKS / "end_to_end/speculation_lossless.py"), str(PROGRAMS), "--prompts", "2", "--tokens", "8", "--lengths", "3",
                           "--out", str(folder), *more], capture_output=True, text=True)


def check(holds, what):
    if not holds:
        sys.exit(f"lossless_test: {what}")


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        store = folder / "lossless.jsonl"
        check("0 of " in bench(folder, "--minutes", "0").stdout, "--minutes does not stop it")
        ran = bench(folder)
        check(ran.returncode == 0, f"status {ran.returncode}: {ran.stdout} {ran.stderr}")
        done = json.loads((folder / "lossless.json").read_text())
        check(done["cells_done"] == done["cells"] >= 5 * 3 * 11 and done["by"]["all"]["runs"] == 2 * done["cells"] and not done["different"], f"not all was visited: {done['cells_done']}")
        right, wrong = (done["by"][f"draft scripted:{how}"] for how in ("right", "wrong"))
        check(0 < right["accepted"] == right["drafted"] and wrong["accepted"] == 0 < wrong["drafted"], "the scripts are not what they say")

        # Cut in the middle of a line: one cell is asked again, the others are not.
        lines = [line for line in store.read_text().splitlines() if line]
        store.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:40])
        check(bench(folder).returncode == 0, "a run that goes on fails")
        again = [line for line in store.read_text().splitlines() if line]
        check(again[:-2] == lines[:-1] and json.loads(again[-1])["cell"] == json.loads(lines[-1])["cell"], "cells that are written down are visited again")
        # One that differs.
        forged = json.loads(again[-1])
        forged["different"] = [{"prompt": 1, "token": 7}]
        store.write_text("\n".join(again[:-1] + [json.dumps(forged)]) + "\n")
        ran = bench(folder)
        check(ran.returncode == 1 and "prompt 1 parted at token 7" in ran.stdout, "other ids pass")

        target, draft = str(folder / "target.gguf"), str(folder / "draft.gguf")
        for path, shape in ((target, "--layers 3 --width 64 --heads 4 --experts 8 --top-k 2 --inner 64 --type Q8_0 --down-type F16"),
                            (draft, "--architecture qwen3 --layers 2 --width 96 --heads 4 --experts 0 --inner 96 --type F16")):
            subprocess.run([str(PROGRAMS / "moesaic-make-model"), path, "--vocabulary", "4096", *shape.split()], check=True, capture_output=True)
        ran = bench(folder / "made", "--model", target, "--draft", draft)
        done = json.loads((folder / "made/lossless.json").read_text()) if ran.returncode == 0 else sys.exit(f"lossless_test: {ran.stdout} {ran.stderr}")
        check(done["cells_done"] >= 5 * 3 * 11 and done["by"]["draft draft.gguf"]["drafted"] > 0, "the drafter of another shape did not draft")


main()
