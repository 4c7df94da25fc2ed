# SPDX-License-Identifier: MIT
"""Holds one compile-fail case to its word.

    check.py --compiler g++ --include include case.cpp

The case carries `// expect-error: <regular expression>`. It has to be rejected, an error line has to match the
expression, and that line has to be among the first 11 the compiler prints: later than that, nobody reads it.
The twin, the same file with -DFIXED, has to compile: without it a typing mistake would pass for the expected error.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

DEEPEST_LINE = 11


def compile_only(compiler, include, source, *more):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-fdiagnostics-color=never"]
    command += [f"-I{folder}" for folder in include] + [*more, str(source)]
    plain = dict(os.environ, LC_ALL="C")  # no typographic quotes
    done = subprocess.run(command, capture_output=True, text=True, env=plain)
    return done.returncode, done.stderr.splitlines()


def what_is_wrong(compiler, include, source):
    tag = re.search(r"//\s*expect-error:\s*(.+?)\s*$", source.read_text(encoding="utf-8"), re.M)
    if not tag:
        return f"{source}: has no line `// expect-error: <words>`"
    if "FIXED" not in source.read_text(encoding="utf-8"):
        return f"{source}: has no twin behind FIXED"
    words = tag.group(1)
    status, lines = compile_only(compiler, include, source)
    if status == 0:
        return f"{source}: compiles, but should be rejected with '{words}'"
    at = [number for number, line in enumerate(lines, 1) if "error" in line and re.search(words, line)]
    if not at:
        return f"{source}: is rejected, but no error line says '{words}':\n" + "\n".join(lines)
    if at[0] > DEEPEST_LINE:
        return (f"{source}: says '{words}' on line {at[0]} of its diagnostics, the limit is {DEEPEST_LINE}:\n"
                + "\n".join(lines[:at[0]]))
    status, lines = compile_only(compiler, include, source, "-DFIXED")
    if status != 0:
        return f"{source}: the twin (-DFIXED) does not compile:\n" + "\n".join(lines)
    print(f"{source.name}: '{words}' on line {at[0]} of the diagnostics, the twin compiles")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("source", type=pathlib.Path)
    given = parser.parse_args()
    wrong = what_is_wrong(given.compiler, given.include, given.source)
    if wrong:
        print(wrong, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
