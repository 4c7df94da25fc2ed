# SPDX-License-Identifier: MIT
"""docs/reference/options.md is what the programs say with --help, and docs/reference/errors.md what core/error.hpp says. Without --write:
are they up to date?

    options.py ROOT PROGRAMS [--write]      (77: a program is not part of this build)
"""
import pathlib
import re
import subprocess
import sys

SKIPPED = 77
PROGRAMS = {  # in the order of the page
    "moesaic-decode": [], "moesaic-replay": [], "moesaic-simulate": [], "moesaic-plan": [], "moesaic-trace": [], "moesaic-trace recall": ["recall"],
    "moesaic-make-model": [],
}
OPTIONS = """# Options of the programs

Made by `python3 tests/docs/options.py . build/bin --write` from what each program says with `--help`; a test fails when it is stale.
Every program ends with status 0, with 2 and one sentence if an option, a file or a value was wrong, and with 1 if it failed half way.
"""
ERRORS = """# Errors

Made by `python3 tests/docs/options.py . build/bin --write` from [error.hpp](../../include/moesaic/core/error.hpp); a test fails when it is stale.

Whatever can fail answers a `result<T>`: the value, or an `error` with a code for programs and a sentence for people that names the file or the place, what was
expected and what to do. Nothing throws. The sentence lives inside the error, so failing allocates nothing.

| code | when |
| --- | --- |
"""
ERRORS_END = """
Two of them are no defects: `release_first` asks the engine to give a seat back before it waits for the next, and after `transfer_failed` the other experts
of the lease can still be had by calling again. The [C interface](../../include/moesaic_c.h) has the same codes as numbers.
"""


def said_by(programs, name, words):
    done = subprocess.run([programs / name.split()[0], *words, "--help"], text=True, capture_output=True, timeout=60, check=True)
    return done.stdout.rstrip()


def options_page(programs):
    parts = [OPTIONS]
    for name, words in PROGRAMS.items():
        parts.append(f"\n## {name}\n\n```text\n{said_by(programs, name, words)}\n```\n")
    return "".join(parts)


def errors_page(root):
    text = (root / "include/moesaic/core/error.hpp").read_text(encoding="utf-8")
    listed = re.search(r"enum class error_code[^{]*\{(.*?)\};", text, re.S)[1]
    codes = re.findall(r"^\s*(\w+)(?: = \d+)?,\s*///< (.*)$", listed, re.M)
    if len(codes) != len(re.findall(r"^\s*\w+.*,", listed, re.M)):
        raise SystemExit("include/moesaic/core/error.hpp: an error code without a comment `///< when`")
    return ERRORS + "".join(f"| `{code}` | {when} |\n" for code, when in codes) + ERRORS_END


def main(root, programs, write):
    absent = sorted({name.split()[0] for name in PROGRAMS if not (programs / name.split()[0]).exists()})
    pages = {"docs/reference/errors.md": errors_page(root)}
    if not absent:
        pages["docs/reference/options.md"] = options_page(programs)
    stale = 0
    for name, now in pages.items():
        path = root / name
        if write:
            path.write_text(now, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != now:
            stale += 1
            print(f"{name}: is not what the programs and headers say; run python3 tests/docs/options.py . build/bin --write")
    if absent:
        print(f"skipped: {', '.join(absent)} is not part of this build")
    return 1 if stale else SKIPPED if absent else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), "--write" in sys.argv))
