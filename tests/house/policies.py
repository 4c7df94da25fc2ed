# SPDX-License-Identifier: MIT
"""docs/reference/policies.md is what the policies' headers and catalogues say. Without --write: is it up to date?

    python3 tests/house/policies.py . [--write]
"""
import re
import sys

from sources import POLICY_FOLDERS, files, root_of, text_of, verdict

PAGE = "docs/reference/policies.md"
SLOTS = {  # folder: the question its policies answer, in the order of the page
    "eviction": "Who gives up its room?",
    "admission": "May a newcomer take room?",
    "scoring": "What is an expert worth now?",
    "prediction": "Who is expected?",
    "prefetch": "What moves next on an idle link?",
    "placement": "Is a missing expert fetched, or computed where it is?",
    "speculation": "How many tokens are drafted, by whom, and which stand?",
}
LABELS = ("Source", "Mechanism", "Cost", "State and Ties", "State", "Ties", "Threads", "Knobs")
LABEL = re.compile(r"(?:^|(?<=\. )|(?<=\n))(" + "|".join(LABELS) + r"): ")
HEAD = """# Policies

Made by `python3 tests/house/policies.py . --write` from the headers' comments and the catalogues; a test fails when it is
stale. What the policies are worth on recorded routing: [policies measured](policies_measured.md) and
[policies that did not win](policies_that_did_not_win.md).

A policy with a spelling can be named in every program; the others are types.
"""


def comment_of(name, text):
    """The lines of the comment above the type called like the header, or None."""
    found = re.search(r"((?:^///.*\n)+)(?:template <.*>\n(?: *requires .*\n)?)?(?:class|struct) " + name + r"\b", text, re.M)
    return found and [line[3:].removeprefix(" ") for line in found.group(1).splitlines()]


def parts_of(lines):
    """(what it does, {label: text}): paragraphs until the first label, then labelled sentences; indented code is left out."""
    prose = "\n".join(line for line in lines if not line.startswith("    ")).strip()
    pieces = LABEL.split(prose)
    said = {label: " ".join(text.split()) for label, text in zip(pieces[1::2], pieces[2::2])}
    return "\n\n".join(" ".join(p.split()) for p in pieces[0].strip().split("\n\n")), said


def spellings(folder):
    """{name: (arguments, help)} of a folder's catalogue."""
    catalogue = folder / "catalogue.hpp"
    entries = re.findall(r'entry\{"(\w+)", "([^"]*)",\s*"([^"]*)"\}', text_of(catalogue)) if catalogue.is_file() else []
    return {name: (arguments, help) for name, arguments, help in entries}


def entry(folder, name, text, spelt):
    does, said = parts_of(comment_of(name, text))
    spec = f"`{name}({spelt[name][0]})`" if name in spelt and spelt[name][0] else f"`{name}`" if name in spelt else "a type, no spelling"
    lines = [f"### {name}", "", f"{spec} · [{folder}/{name}.hpp](../../include/moesaic/{folder}/{name}.hpp)", "", does, ""]
    lines += [f"- **{label}.** {said[label]}" for label in LABELS if label in said]
    return [*lines, ""]


def page(root):
    lines = [HEAD]
    for folder, question in SLOTS.items():
        below = root / "include" / "moesaic" / folder
        if not below.is_dir():
            continue
        spelt = spellings(below)
        lines += [f"## {folder}", "", question, ""]
        if spelt:
            lines += ["| spelling | in one line |", "| --- | --- |"]
            lines += [f"| `{name}{f'({arguments})' if arguments else ''}` | {help} |" for name, (arguments, help) in spelt.items()] + [""]
        for path in files(below, ".hpp"):
            name, text = path.stem, text_of(path)
            if re.search(r"static_assert\(\w*(?:policy|scorer|predictor|scheduler|governor|drafter|rule|cutoff)<" + name + r"(?:<[\w:]+>)?>", text) and comment_of(name, text):
                lines += entry(folder, name, text, spelt)
    return "\n".join(lines).rstrip() + "\n"


def findings(root):
    assert set(SLOTS) == POLICY_FOLDERS
    path = root / PAGE
    if path.is_file() and text_of(path) == page(root):
        return []
    return [f"{PAGE}: is not what the headers say; run python3 tests/house/policies.py . --write"]


if __name__ == "__main__":
    top = root_of(sys.argv[1] if len(sys.argv) > 1 else ".")
    if "--write" in sys.argv:
        (top / PAGE).write_text(page(top), encoding="utf-8")
    sys.exit(verdict(findings(top), "the page of policies"))
