# SPDX-License-Identifier: MIT
"""Fills every code block of a page that names its source with what stands there now, so that nobody copies by hand.

    write.py ROOT PAGE...
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "house"))
import links  # noqa: E402


def filled(root, text):
    def block(found):
        if not found["mark"]:
            return found[0]
        code = links.slice_of(root / found["path"], found["anchor"])
        if code is None:
            raise SystemExit(f"{found['path']} has no single [{found['anchor']}] ... [/{found['anchor']}]")
        return f"{found['mark']}{found['ticks']}{found['language']}\n{code}\n{found['ticks']}"
    return links.FENCE.sub(block, text)


if __name__ == "__main__":
    tree = pathlib.Path(sys.argv[1]).resolve()
    for name in sys.argv[2:]:
        page = pathlib.Path(name)
        page.write_text(filled(tree, page.read_text(encoding="utf-8")), encoding="utf-8")
