# SPDX-License-Identifier: MIT
"""What the checks share: which files there are, and C++ text without its comments and strings."""
import pathlib
import re

SKIPPED = {"build", "__pycache__", ".git", ".cache", ".vscode", ".idea"}
POLICY_FOLDERS = {"scoring", "eviction", "admission", "prediction", "prefetch", "placement", "speculation"}

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def text_of(path):
    return path.read_text(encoding="utf-8")


def files(root, *suffixes):
    """Every file of the repository with one of these suffixes (or names), in a stable order."""
    found = []
    for path in sorted(root.iterdir()):
        if path.name in SKIPPED:
            continue
        if path.is_dir():
            found += files(path, *suffixes)
        elif path.suffix in suffixes or path.name in suffixes:
            found.append(path)
    return found


def headers(root):
    """(header, its path below include/moesaic) of every header of the library."""
    include = root / "include" / "moesaic"
    return [(path, path.relative_to(include)) for path in files(include, ".hpp", ".cuh", ".h")] if include.is_dir() else []


def bare_code(text):
    """The text with comments and literals blanked out; line numbers stay."""
    def blank(match):
        return (" " if match.group(0)[0] == "/" else '""') + "\n" * match.group(0).count("\n")
    # A digit separator (65'535) opens no character literal; drop it first.
    text = re.sub(r"(?<=[0-9A-Fa-f])'(?=[0-9A-Fa-f])", "", text)
    return TOKEN.sub(blank, text)


def numbered(text):
    return enumerate(text.splitlines(), 1)


def verdict(wrong, what):
    """Prints the findings, or what was looked at; the exit status."""
    for finding in wrong:
        print(finding)
    print(f"{len(wrong)} findings in {what}")
    return 1 if wrong else 0


def root_of(argument):
    return pathlib.Path(argument).resolve()
