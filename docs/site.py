# SPDX-License-Identifier: MIT
"""What MkDocs does not do by itself: pages of this repository also link to headers, examples and documents outside docs/, and
name headings the way source forges do. Each such file becomes a page of the site, so that a built site is whole."""
import pathlib
import posixpath
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "house"))
import links  # noqa: E402

from mkdocs.structure.files import File  # noqa: E402

LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".h": "c", ".py": "python", ".sh": "sh", ".json": "json", ".cmake": "cmake"}
LINK = re.compile(r"(!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?)([^)\s>]+)(>?(?:\s+\"[^\"]*\")?\s*\))")
CODE = re.compile(links.FENCE.pattern, re.M | re.S)
FRONT = "source/"  # where files from outside docs/ stand in the site


def on_config(config):
    config["mdx_configs"].setdefault("toc", {})["slugify"] = lambda text, separator: links.slug(text)
    add_unlisted(config["nav"])
    return config


def add_unlisted(nav):
    """A page that mkdocs.yml does not list stands at the end of its folder's section, so that nobody edits two files to add one."""
    def pages(items):
        for item in items:
            value = next(iter(item.values())) if isinstance(item, dict) else item
            yield from pages(value) if isinstance(value, list) else [value]

    listed = set(pages(nav))
    docs = ROOT / "docs"
    for page in sorted(docs.rglob("*.md")):
        path = page.relative_to(docs).as_posix()
        if path in listed:
            continue
        folder = path.split("/")[0]
        for item in nav:
            title, inner = next(iter(item.items()))
            if isinstance(inner, list) and any(other.startswith(folder + "/") for other in pages(inner)):
                inner.append(path)
                break
        else:
            nav.append({folder.replace("_", " ").capitalize(): [path]} if "/" in path else path)


def linked(text, home):
    """(target, path below the repository or None, fragment) of each link of a document in the folder `home`."""
    for found in LINK.finditer(CODE.sub("", text)):
        path = below(found[2], home)
        if path is not None:
            yield path


def below(target, home):
    """The file or folder a link means, as a path below the repository; None for the net and for the page itself."""
    path = target.partition("#")[0]
    if not path or re.match(r"[a-z][a-z0-9+.-]*:", path, re.I):
        return None
    return posixpath.normpath(posixpath.join(home, path))


def place(path):
    """Where a file of the repository stands in the site."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path.endswith(".md"):
        return FRONT + path
    return FRONT + path + ("/files.md" if (ROOT / path).is_dir() else ".md")


def content(path):
    file = ROOT / path
    if file.is_dir():
        names = sorted(inner.name for inner in file.iterdir() if inner.is_file() and inner.suffix in (*LANGUAGES, ".md"))
        return f"# {path}\n\n" + "".join(f"- [{name}]({name})\n" for name in names)
    text = file.read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    return f"# {path}\n\n~~~~~~{LANGUAGES.get(file.suffix, 'text')}\n{text}~~~~~~\n"


def on_files(files, config):
    waiting = [(page.read_text(encoding="utf-8"), page.parent.relative_to(ROOT).as_posix()) for page in sorted((ROOT / "docs").rglob("*.md"))]
    seen = set()
    while waiting:
        text, home = waiting.pop()
        for path in linked(text, home):
            if path.startswith("docs/") or path in seen or not (ROOT / path).exists():
                continue  # what does not exist is MkDocs' to complain of
            seen.add(path)
            made = content(path)
            files.append(File.generated(config, place(path), content=made))
            inner = path if (ROOT / path).is_dir() else posixpath.dirname(path)
            if path.endswith(".md") or (ROOT / path).is_dir():
                waiting.append((made, inner))
    return files


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if here.startswith(FRONT):
        path = here.removeprefix(FRONT)
        home = posixpath.dirname(path)
        if not ((ROOT / path).is_file() or path.endswith("/files.md")):
            return markdown  # code: nothing in it is a link
    else:
        home = posixpath.dirname("docs/" + here)

    def outside_code(text):
        def moved(found):
            path = below(found[2], home)
            if path is None or not (ROOT / path).exists():
                return found[0]
            to = posixpath.relpath(place(path), posixpath.dirname(here) or ".")
            return found[1] + to + found[2][len(found[2].partition("#")[0]):] + found[3]
        return LINK.sub(moved, text)

    parts, at = [], 0
    for code in CODE.finditer(markdown):
        parts += [outside_code(markdown[at:code.start()]), code[0]]
        at = code.end()
    return "".join(parts) + outside_code(markdown[at:])
