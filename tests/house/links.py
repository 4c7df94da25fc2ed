# SPDX-License-Identifier: MIT
"""Links and code in the documents, as a check.

    links.py ROOT

1. A relative link in any *.md leads to a file that exists; a #fragment to a heading that exists.
2. A fenced block under `<!-- from: path#anchor -->` is, character for character (a common indentation aside), what stands
   in that file between the lines `// [anchor]` and `// [/anchor]` (or `# [anchor]`). The file is one the build compiles
   or runs, so code in documents cannot rot.
3. Every fenced block of README.md and docs/ that names a language is such a slice, except under docs/design/. Blocks of no language or
   of `text` are what a program prints, or a picture of a format. Below docs/ code is fenced, never only indented.
"""
import re
import sys
import textwrap

from sources import files, root_of, text_of, verdict

FENCE = re.compile(r"^(?P<mark><!--\s*from:\s*(?P<path>[^#\s]+)#(?P<anchor>[\w-]+)\s*-->[ \t]*\n+)?"
                   r"(?P<ticks>```+)(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=ticks)[ \t]*$", re.M | re.S)
MARK = re.compile(r"^<!--\s*from:", re.M)


def without_code(text):
    text = FENCE.sub("", text)
    return re.sub(r"`[^`\n]*`", "", text)


def slug(heading):
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    heading = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return heading.replace(" ", "-")


def anchors(page):
    text = FENCE.sub("", text_of(page))
    seen, found = {}, set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", text, re.M):
        name = slug(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(name if count == 0 else f"{name}-{count}")
    found.update(re.findall(r'<a\s+(?:id|name)="([^"]+)"', text))
    return found


def slice_of(path, anchor):
    """The lines between the two marks, dedented; None where a mark is missing or doubled."""
    start = re.compile(rf"^\s*(?://|#)\s*\[{re.escape(anchor)}\]\s*$")
    stop = re.compile(rf"^\s*(?://|#)\s*\[/{re.escape(anchor)}\]\s*$")
    lines = text_of(path).splitlines()
    first = [i for i, line in enumerate(lines) if start.match(line)]
    last = [i for i, line in enumerate(lines) if stop.match(line)]
    if len(first) != 1 or len(last) != 1 or last[0] < first[0]:
        return None
    inner = [line for line in lines[first[0] + 1:last[0]] if not re.match(r"^\s*(?://|#)\s*\[/?[\w-]+\]\s*$", line)]
    return textwrap.dedent("\n".join(inner)).strip("\n")


def indented(text):
    """First lines of indented code blocks: four spaces behind an empty line, where no list goes on."""
    lines = FENCE.sub("", text).splitlines()
    for number, line in enumerate(lines):
        if not re.match(r" {4}\S", line) or number == 0 or lines[number - 1].strip():
            continue
        before = next((earlier for earlier in reversed(lines[:number]) if earlier.strip()), "")
        if not re.match(r"\s*([-*+]|\d+\.)\s|\s{2,}\S", before):
            yield line


def findings(root):
    wrong = []
    for page in files(root, ".md"):
        name = page.relative_to(root).as_posix()
        text = text_of(page)
        plain = without_code(text)
        targets = re.findall(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", plain)
        targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", plain, re.M)
        targets += re.findall(r"<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"", plain)
        for target in targets:
            if re.match(r"[a-z][a-z0-9+.-]*:", target, re.I):
                continue  # the network is not asked
            path, _, fragment = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            if not file.exists():
                wrong.append(f"{name}: the link to {target} leads nowhere")
            elif fragment and file.suffix == ".md" and fragment not in anchors(file):
                wrong.append(f"{name}: {target} names a heading that is not there")
        ours = (name == "README.md" or name.startswith("docs/")) and not name.startswith("docs/design/")
        marked = 0
        for block in FENCE.finditer(text):
            if block["mark"]:
                marked += 1
                file = root / block["path"]
                if not file.is_file():
                    wrong.append(f"{name}: code from {block['path']}, which does not exist")
                    continue
                expected = slice_of(file, block["anchor"])
                if expected is None:
                    wrong.append(f"{name}: {block['path']} has no single [{block['anchor']}] ... [/{block['anchor']}]")
                elif textwrap.dedent(block["code"]).strip("\n") != expected:
                    wrong.append(f"{name}: the code from {block['path']}#{block['anchor']} is not what the file says")
            elif block["language"].strip() not in ("", "text") and ours:
                first = block["code"].strip().splitlines()[:1]
                wrong.append(f"{name}: a block of {block['language'].strip()} that is no slice of a tested file ({''.join(first)})")
        if ours and name != "README.md":
            wrong += [f"{name}: code that is only indented, so nobody can say where it is from ({line.strip()})" for line in indented(text)]
        if marked != len(MARK.findall(text)):
            wrong.append(f"{name}: a `from:` mark without a fenced block right below it")
    return wrong


if __name__ == "__main__":
    tree = root_of(sys.argv[1])
    sys.exit(verdict(findings(tree), f"links and code of {len(files(tree, '.md'))} documents"))
