# SPDX-License-Identifier: MIT
"""Which folder of include/moesaic may include which, as a check.

    arrows.py ROOT

core <- concepts <- { scoring eviction admission prediction prefetch placement speculation transport cache trace }
     <- runtime <- { systems sim replay };  cuda and mpi are leaves over concepts and core.

"A <- B" reads "B may include A". Families of one row never include each other. An exception stands in a decision
record, a line of docs/design/*.md of the form

    arrow: `cache/residency.hpp` -> `eviction/lru.hpp`      (either side may be a folder: `cache`)

and an exception that nothing needs any more is a finding as well.
"""
import re
import sys

from sources import POLICY_FOLDERS, bare_code, files, headers, root_of, text_of, verdict

WORDS = {"core", "concepts"}
ROW = POLICY_FOLDERS | {"transport", "cache", "trace"}
MAY_USE = {"core": set(), "concepts": {"core"}, "runtime": WORDS | ROW, "cuda": WORDS, "mpi": WORDS}
MAY_USE |= {folder: WORDS for folder in ROW}
MAY_USE |= {folder: WORDS | ROW | {"runtime"} for folder in ("systems", "sim", "replay")}
LEAVES = {"cuda", "mpi"}

# Costly to compile, or an invitation to read clocks and take locks: not in the words and the grammar.
HEAVY = {"chrono", "iostream", "functional", "ranges", "mutex"}
# Beyond the standard library: who may include it. Everything else lives on C++ headers alone.
FOREIGN = [
    (re.compile(r"liburing\.h"), re.compile(r"transport/file/uring")),
    (re.compile(r"lzma\.h|zlib\.h"), re.compile(r"trace/compressed|trace/hub/")),
    (re.compile(r"nlohmann/"), re.compile(r"trace/hub/")),
    (re.compile(r"cuda|cub/|thrust/|nv"), re.compile(r"cuda/")),
    (re.compile(r"mpi\.h"), re.compile(r"mpi/")),
    (re.compile(r"(unistd|fcntl|poll|pthread|sched|signal|errno)\.h$|(sys|linux)/"), re.compile(r"transport/file/")),
]
STANDARD = re.compile(r"[a-z_]+$")
MENTIONS = re.compile(r"cuda|(?<![A-Za-z])mpi(?![A-Za-z])", re.I)
# Reachable only through a target of its own, so never from the rest.
OPTIONAL = re.compile(r"transport/file/|trace/compressed|trace/hub/")


def recorded_exceptions(root):
    found = {}
    folder = root / "docs" / "design"
    for page in files(folder, ".md") if folder.is_dir() else []:
        for user, used in re.findall(r"^\W*arrow: `([\w/.]+)` -> `([\w/.]+)`", text_of(page), re.M):
            found[user, used] = page.relative_to(root)
    return found


def covers(pattern, path):
    return path == pattern or path.startswith(pattern.rstrip("/") + "/")


def findings(root):
    wrong = []
    exceptions = recorded_exceptions(root)
    needed = set()

    def excused(user, used):
        hit = [e for e in exceptions if covers(e[0], user) and covers(e[1], used)]
        needed.update(hit)
        return bool(hit)

    for header, below in headers(root):
        path = below.as_posix()
        folder = below.parts[0] if len(below.parts) > 1 else ""
        if folder and folder not in MAY_USE:
            wrong.append(f"{path}: folder {folder} has no place among the arrows; give it one in tests/house/arrows.py and docs/design")
            continue
        text = text_of(header)
        if folder not in LEAVES:
            for line, content in enumerate(text.splitlines(), 1):
                if MENTIONS.search(content):
                    wrong.append(f"{path}:{line}: mentions a leaf ({MENTIONS.search(content).group(0)}); only {', '.join(sorted(LEAVES))} may")
        # Strings are blanked by bare_code, and a quoted include looks like one: take those from the raw text.
        for quoted in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            wrong.append(f'{path}: includes "{quoted}" in quotes; write <moesaic/...>')
        for used in re.findall(r"^\s*#\s*include\s*<([^>]+)>", bare_code(text), re.M):
            if used.startswith("moesaic/"):
                target = used.removeprefix("moesaic/")
                other = target.split("/")[0] if "/" in target else ""
                if not (root / "include" / used).is_file():
                    wrong.append(f"{path}: includes <{used}>, which is not there")
                elif OPTIONAL.match(target) and not OPTIONAL.match(path) and not excused(path, target):
                    wrong.append(f"{path}: may not use {target}, which belongs to an optional target")
                elif folder == "":
                    if other in LEAVES:
                        wrong.append(f"{path}: may not use the leaf {other}")
                elif other == "" and target != "version.hpp" and target != "fwd.hpp":
                    wrong.append(f"{path}: may not use the umbrella {target}")
                elif other not in ("", folder) and other not in MAY_USE[folder] and not excused(path, target):
                    wrong.append(f"{path}: {folder} may not use {target}")
            else:
                allowed = next((who for what, who in FOREIGN if what.match(used)), None)
                if folder in WORDS and used in HEAVY:
                    wrong.append(f"{path}: <{used}> is too heavy for {folder}")
                elif allowed is None and not STANDARD.match(used):
                    wrong.append(f"{path}: <{used}> is not a standard header")
                elif allowed is not None and not allowed.match(path):
                    wrong.append(f"{path}: <{used}> is not for this folder (only for {allowed.pattern})")
    for exception in exceptions.keys() - needed:
        wrong.append(f"{exceptions[exception]}: the exception {exception[0]} -> {exception[1]} is not needed any more")
    return wrong


if __name__ == "__main__":
    tree = root_of(sys.argv[1])
    sys.exit(verdict(findings(tree), f"the arrows of {len(headers(tree))} headers"))
