# SPDX-License-Identifier: MIT
"""What belongs to what, as a check: the rules that nobody keeps unless something fails.

    inventory.py ROOT [--compile-commands build/release/compile_commands.json]

headers    have a test of the same name (tests/<folder>/<header>_test.cpp; of kernels, .cuh, tests/gpu/<header>_test.cu) and at most 300 lines
policies   say `Source:`, `Cost:` and `Ties:` (their helpers too); a type that hears events asserts its concept
           and stands in a conformance list (tests/conformance/*.cpp)
leaves     say `Cost:` in each header
library    no printing; outside transport/ no clock, no sleep, no mutable static either
tests      do not sleep and read no clock
sources    are built by something (only where compile commands are given)
version    of version.hpp is the newest entry of CHANGELOG.md
all        one SPDX line among the first three, no left-over marks, no path of one machine
"""
import argparse
import json
import pathlib
import re
import sys

from sources import POLICY_FOLDERS, bare_code, files, headers, numbered, root_of, text_of, verdict

LONGEST_HEADER = 300
LEAVES = {"cuda", "mpi"}
UMBRELLAS = {"moesaic.hpp", "fwd.hpp"}  # nothing of their own to test; header sets and tests/odr compile them
CLOCK = re.compile(r"#\s*include\s*<(chrono|ctime|time\.h|thread|semaphore)>|\b(system_clock|steady_clock|high_resolution_clock"
                   r"|clock_gettime|gettimeofday|clock\s*\(\s*\))")
SLEEP = re.compile(r"\b(sleep|usleep|nanosleep|clock_nanosleep|sleep_for|sleep_until|wait_for|wait_until)\s*\(")
DIALECT = re.compile(r"__cpp_(exceptions|rtti)|__EXCEPTIONS|__GXX_RTTI")  # CI takes headers alone in one dialect only
PRINT = re.compile(r"#\s*include\s*<(iostream|print|syncstream)>|\b(std::)?(f|v|vf)?printf\s*\(|\bf?put(s|c|char)\s*\(|\bstd::c(out|err|log)\b")
STATIC = re.compile(r"\b(?:static|thread_local|inline)\b(?P<rest>[^;{}()=]*)(?P<end>[;{(=])")
LEFT_OVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
MACHINE = re.compile(r"(?<![\w.])/(" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me/\\w+"]) + r")\b(?!\w)|"
                     + "|".join(["py" + r"pi\.org", "deb" + r"\.debian\.org", "files\\.python" + "hosted"]))
CODE = (".hpp", ".cpp", ".cuh", ".cu", ".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "Makefile", "run")
TEXT = CODE + (".md", ".json", ".txt", ".yml", ".yaml")


def own(root, *suffixes):
    return [(path, path.relative_to(root).as_posix()) for path in files(root, *suffixes)]


def headers_have_tests(root):
    for header, below in headers(root):
        lines = len(text_of(header).splitlines())
        if lines > LONGEST_HEADER:
            yield f"include/moesaic/{below.as_posix()}: {lines} lines, the limit is {LONGEST_HEADER}"
        if below.name in UMBRELLAS and len(below.parts) == 1:
            continue
        kernels = below.suffix == ".cuh"
        test = pathlib.Path("tests") / ("gpu" if kernels else below.parent) / f"{below.stem}_test.{'cu' if kernels else 'cpp'}"
        if below.as_posix() == "version.hpp":
            continue  # held against CHANGELOG.md below
        if not (root / test).is_file():
            yield f"include/moesaic/{below.as_posix()}: has no {test.as_posix()}"


def policies_speak(root):
    conformance = root / "tests" / "conformance"
    lists = "\n".join(text_of(path) for path in files(conformance, ".cpp", ".hpp")) if conformance.is_dir() else ""
    for header, below in headers(root):
        text = text_of(header)
        if below.parts[0] in LEAVES and not re.search(r"//.*\bCost:", text):
            yield f"include/moesaic/{below.as_posix()}: does not say `Cost:`"
        if below.parts[0] not in POLICY_FOLDERS:
            continue
        for word in ("Source:", "Cost:", "Ties:"):
            if not re.search(rf"//.*\b{word}", text):
                yield f"include/moesaic/{below.as_posix()}: does not say `{word}`"
        asserted = re.search(r"^static_assert\(", text, re.M)
        if re.search(r"\busing hears =", text) and not asserted:
            yield f"include/moesaic/{below.as_posix()}: does not end by asserting its concept"
        elif asserted and not re.search(rf"\b{below.parts[0]}::{below.stem}\b|<moesaic/{re.escape(below.as_posix())}>", lists):
            yield f"include/moesaic/{below.as_posix()}: is in no conformance list (tests/conformance/)"


def mutable_statics(code):
    """Line numbers of variables with static storage that could change. Reads declarations, not all of C++."""
    for found in STATIC.finditer(code):
        words = found.group(0).split()
        rest, end = found.group("rest").strip(), found.group("end")
        if re.search(r"\b(const|constexpr|constinit\s+const|consteval|namespace|using|concept)\b", rest) or not rest:
            continue
        if end == "(" or re.search(r"\boperator\b", rest):
            continue  # a function
        if words[0] == "inline" and end == "{" and "namespace" in rest:
            continue
        if re.match(r"(constexpr|const)\b", code[:found.start()].split("\n")[-1].strip()):
            continue
        yield code.count("\n", 0, found.start()) + 1


def library_only_decides(root):
    for header, below in headers(root):
        moves = below.parts[0] in {"transport"} | LEAVES  # these may read clocks and keep what their systems want kept
        code = bare_code(text_of(header))
        name = f"include/moesaic/{below.as_posix()}"
        for line, content in numbered(code):
            for what, pattern in (("reads a clock", CLOCK), ("sleeps", SLEEP), ("prints", PRINT), ("asks for exceptions or RTTI", DIALECT)):
                if pattern.search(content) and (pattern in (PRINT, DIALECT) or not moves):
                    yield f"{name}:{line}: {what}: {content.strip()}"
        for line in mutable_statics(code) if not moves else ():
            yield f"{name}:{line}: a static that can change"


def tests_hold_time(root):
    for path, name in own(root / "tests", ".cpp", ".hpp", ".cu") if (root / "tests").is_dir() else []:
        for line, content in numbered(bare_code(text_of(path))):
            if SLEEP.search(content) or (CLOCK.search(content) and "include <thread>" not in content):
                yield f"tests/{name}:{line}: sleeps or reads a clock: {content.strip()}"


def sources_are_built(root, compile_commands, left_out=(), folders=("tests", "examples", "benchmarks")):
    built = {pathlib.Path(entry["directory"], entry["file"]).resolve() for entry in json.loads(text_of(compile_commands))}
    for folder in folders:
        for path, name in own(root / folder, ".cpp", ".cc", ".c", ".cu") if (root / folder).is_dir() else []:
            if not name.startswith(("compile_fail/", "consumer/")) and path not in built and not f"{folder}/{name}".startswith(tuple(left_out)):
                yield f"{folder}/{name}: is built by nothing"


def version_is_logged(root):
    header, log = root / "include/moesaic/version.hpp", root / "CHANGELOG.md"
    if not header.is_file() or not log.is_file():
        yield "version: include/moesaic/version.hpp or CHANGELOG.md is missing"
        return
    version = re.search(r"major = (\d+), \.minor = (\d+), \.patch = (\d+)", text_of(header))
    entry = re.search(r"^## (\d+)\.(\d+)\.(\d+)", text_of(log), re.M)
    if not version or not entry or version.groups() != entry.groups():
        yield "CHANGELOG.md: its newest entry `## N.N.N` is not the version of include/moesaic/version.hpp"


def every_file(root):
    for path, name in own(root, *CODE):
        text = text_of(path)
        lines = [number for number, line in numbered(text) if re.match(r"^\W*SPDX-License-Identifier: ", line)]
        if len(lines) != 1 or lines[0] > 3 or "SPDX-License-Identifier: MIT" not in text:
            yield f"{name}: wants exactly one line `SPDX-License-Identifier: MIT`, among the first three"
    for path, name in own(root, *TEXT):
        if "/licences/" in name:
            continue
        for line, content in numbered(text_of(path)):
            for pattern, what in ((LEFT_OVER, "a left-over mark"), (MACHINE, "a path or host of one machine")):
                if pattern.search(content):
                    yield f"{name}:{line}: {what}: {pattern.search(content).group(0)}"


def findings(root, compile_commands=None, left_out=(), only=()):
    if only:
        return list(sources_are_built(root, compile_commands, left_out, only))
    wrong = []
    for rule in (headers_have_tests, policies_speak, library_only_decides, tests_hold_time, version_is_logged, every_file):
        wrong += rule(root)
    if compile_commands:
        wrong += sources_are_built(root, compile_commands, left_out)
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=root_of)
    parser.add_argument("--compile-commands", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", default=[], help="nothing but whether the sources in these folders are built")
    parser.add_argument("--left-out", nargs="*", default=[], help="files and folders that need what this build has not got")
    given = parser.parse_args()
    sys.exit(verdict(findings(given.root, given.compile_commands, given.left_out, given.only), "the inventory"))
