# SPDX-License-Identifier: MIT
"""What including the umbrella header costs, as a check that no clock has a part in.

    umbrella.py ROOT COMPILER

Counted are lines that are left after preprocessing, blank ones aside: how many come from the library, how many from the standard
library behind it. Both counts have a bound, and some standard headers may not be behind it at all.

Nor may a file of a leaf or of its toolkit: behind the umbrella, or behind any other header outside the leaves.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from arrows import LEAVES
from sources import headers, root_of, text_of, verdict

# Own lines for each line of the standard headers below. A policy has about 80. Who needs more raises it in the change that needs it.
MOST_OWN = 0.25
# The library may bring in no more of the standard library than these headers do by themselves, and a little.
ALLOWED = ("algorithm array atomic bit cfloat cmath compare concepts cstddef cstdint cstring iterator limits memory numeric optional span "
           "string_view tuple type_traits utility variant vector").split()
MOST_OF_ALLOWED = 1.02
HEAVY = {"chrono", "condition_variable", "filesystem", "format", "fstream", "functional", "future", "iomanip", "iostream", "istream", "locale",
         "map", "mutex", "ostream", "random", "ranges", "regex", "sstream", "thread", "unordered_map"}
TOOLKIT = re.compile(r"(^|/)(nvtx3|cccl|thrust|cub)/[^/]|(^|/)(cuda|nvToolsExt|mpi)[^/]*$", re.I)


def preprocessed(compiler, text, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "umbrella.cpp"
        source.write_text(text, encoding="utf-8")
        run = subprocess.run([compiler, "-std=c++20", "-E", *arguments, str(source)], capture_output=True, text=True, check=True)
    return run.stdout


def lines_by_file(text):
    counts, current = {}, ""
    for line in text.splitlines():
        marker = re.match(r'#\s*(?:line\s+)?\d+ "(.*?)"', line)
        if marker:
            current = marker.group(1)
        elif line.strip() and not line.startswith("#"):
            counts[current] = counts.get(current, 0) + 1
    return counts


def reached(root, compiler):
    """Every file behind the headers outside the leaves. One that is not there counts by its name: who includes it reaches for it."""
    include = root / "include"
    names = [below.as_posix() for _, below in headers(root) if below.parts[0] not in LEAVES and below.suffix == ".hpp"]
    text = "".join(f"#include <moesaic/{name}>\n" for name in names)
    return re.findall(r"(?:\\ |\S)+", preprocessed(compiler, text, f"-I{include}", "-M", "-MG").replace("\\\n", " "))


def findings(root, compiler):
    include = root / "include"
    for path in reached(root, compiler):
        below = path.removeprefix(f"{include}/moesaic/")
        if below.split("/")[0] in LEAVES if below != path else TOOLKIT.search(path):
            yield f"a header outside the leaves reaches {path}"
    counts = lines_by_file(preprocessed(compiler, "#include <moesaic/moesaic.hpp>\n", f"-I{include}"))
    own = {path: n for path, n in counts.items() if path.startswith(str(include))}
    standard = sum(counts.values()) - sum(own.values())
    allowed = sum(lines_by_file(preprocessed(compiler, "".join(f"#include <{h}>\n" for h in ALLOWED))).values())
    most = int(allowed * MOST_OWN)
    print(f"the umbrella has {sum(own.values())} lines of its own in {len(own)} headers (at most {most}) and {standard} of the standard library "
          f"(the headers it may use: {allowed})")
    if not own or not allowed:
        yield "nothing was counted: does the compiler still mark files in its output?"
    if sum(own.values()) > most:
        longest = sorted(own, key=own.get, reverse=True)[:5]
        yield f"the umbrella has {sum(own.values())} lines of its own, at most {most} are planned; the longest: {', '.join(longest)}"
    if standard > allowed * MOST_OF_ALLOWED:
        yield f"{standard} lines of the standard library stand behind the umbrella; the headers it may use have {allowed}"
    for path in own:
        for used in re.findall(r"^\s*#\s*include\s*<([^>]+)>", text_of(pathlib.Path(path)), re.M):
            if used in HEAVY:
                yield f"{path}: <{used}> is too heavy to stand behind the umbrella"


if __name__ == "__main__":
    tree = root_of(sys.argv[1])
    sys.exit(verdict(list(findings(tree, sys.argv[2])), "the cost of the umbrella header"))
