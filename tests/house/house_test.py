# SPDX-License-Identifier: MIT
"""Shows that each rule of arrows.py, inventory.py, links.py, policies.py and of tests/docs can fail: a small repository that keeps them all, and for
each rule one change that breaks it and the words that have to be said then."""
import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

import arrows
import inventory
import links
import policies

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
import commands_test  # noqa: E402
import options  # noqa: E402

SPDX = "// SPDX-License-Identifier: MIT\n"
GOOD = {
    "CHANGELOG.md": "# Changelog\n\n## 0.1.0\n",
    "README.md": "# It\n\n[page](docs/page.md#a-b) and [home](#it)\n\n"
                 "<!-- from: examples/e.cpp#all -->\n```cpp\nint f();\nint g();\n```\n",
    "docs/page.md": "# A, b\n",
    "examples/e.cpp": SPDX + "// [all]\n  int f();\n  int g();\n// [/all]\n",
    "include/moesaic/version.hpp": SPDX + "inline constexpr v version{.major = 0, .minor = 1, .patch = 0};\n",
    "include/moesaic/moesaic.hpp": SPDX + "#include <moesaic/eviction/lru.hpp>\n#include <moesaic/cache/pool.hpp>\n",
    "include/moesaic/core/word.hpp": SPDX + "#include <span>\nstatic constexpr int a = 65'535;\nstatic int f(int);\n"
                                            "inline int g() { return 1; }\n// steady_clock, printf( and sleep( in words\n",
    "include/moesaic/concepts/rule.hpp": SPDX + "#include <moesaic/core/word.hpp>\n",
    "include/moesaic/eviction/lru.hpp": SPDX + "// Source: ours\n// Cost: O(1)\n// Ties: lower id\n#include <moesaic/concepts/rule.hpp>\n"
                                           "struct lru { using hears = events<>; };\nstatic_assert(rule<lru>);\n",
    "include/moesaic/cache/pool.hpp": SPDX + "#include <moesaic/concepts/rule.hpp>\n",
    "include/moesaic/transport/file/uring.hpp": SPDX + "#include <liburing.h>\n#include <thread>\n",
    "include/moesaic/runtime/loop.hpp": SPDX + "#include <moesaic/cache/pool.hpp>\n#include <moesaic/eviction/lru.hpp>\n",
    "tests/conformance/eviction_test.cpp": SPDX + "eviction::lru\n",
    "tests/compile_fail/f.cpp": SPDX,
    **{f"tests/{name}_test.cpp": SPDX + "// nothing sleeps (\n"
       for name in ("core/word", "concepts/rule", "eviction/lru", "cache/pool", "transport/file/uring", "runtime/loop")},
}
LRU, POOL, WORD = "include/moesaic/eviction/lru.hpp", "include/moesaic/cache/pool.hpp", "include/moesaic/core/word.hpp"
RECORD = {"docs/design/0001.md": "arrow: `cache/pool.hpp` -> `eviction`\n"}
POOL_USES_LRU = {POOL: SPDX + "#include <moesaic/eviction/lru.hpp>\n"}


def add(path, text):
    return {path: GOOD[path] + text}


class rules(unittest.TestCase):
    def tree(self, change):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name).resolve()
        for path, text in {**GOOD, **change}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
        return root

    def passes(self, check, change):
        self.assertEqual(check.findings(self.tree(change)), [])

    def fails(self, check, cases):
        for words, change in cases:
            with self.subTest(words):
                found = "\n".join(check.findings(self.tree(change)))
                self.assertRegex(found, words)
                self.assertEqual(len(found.splitlines()), 1, found)  # and nothing else

    def test_the_good_tree_passes(self):
        for check in (arrows, inventory, links):
            self.passes(check, {})

    def test_arrows(self):
        self.fails(arrows, [
            ("core may not use concepts/rule.hpp", add(WORD, "#include <moesaic/concepts/rule.hpp>\n")),
            ("cache may not use eviction/lru.hpp", POOL_USES_LRU),
            ("eviction may not use runtime/loop.hpp", add(LRU, "#include <moesaic/runtime/loop.hpp>\n")),
            ("may not use the umbrella", add(LRU, "#include <moesaic/moesaic.hpp>\n")),
            ("which belongs to an optional target", add("include/moesaic/runtime/loop.hpp", "#include <moesaic/transport/file/uring.hpp>\n")),
            ("which is not there", add(LRU, "#include <moesaic/core/gone.hpp>\n")),
            ("in quotes", add(LRU, '#include "lru.hpp"\n')),
            ("no place among the arrows", {"include/moesaic/novelty/x.hpp": SPDX}),
            (r"mentions a leaf \(CUDA\)", add(LRU, "// as CUDA graphs want it\n")),
            (r"mentions a leaf \(mpi\)", add(LRU, "int mpi = 0;\n")),
            ("too heavy for core", add(WORD, "#include <mutex>\n")),
            ("not a standard header", add(LRU, "#include <fmt/format.h>\n")),
            ("not for this folder", add(LRU, "#include <unistd.h>\n")),
            ("not needed any more", RECORD),
        ])

    def test_a_recorded_exception_is_allowed(self):
        self.passes(arrows, {**POOL_USES_LRU, **RECORD})

    def test_inventory(self):
        still_static = "static int count = 0;\n"
        self.fails(inventory, [
            ("has no tests/eviction/lru_test.cpp", {"tests/eviction/lru_test.cpp": None}),
            ("301 lines", {POOL: SPDX + "//\n" * 300}),
            ("does not say `Source:`", {LRU: GOOD[LRU].replace("Source", "From")}),
            ("does not say `Cost:`", {LRU: GOOD[LRU].replace("Cost", "Price")}),
            ("cuda/slots.hpp: does not say `Cost:`", {"include/moesaic/cuda/slots.hpp": SPDX, "tests/cuda/slots_test.cpp": SPDX}),
            ("has no tests/gpu/sort_test.cu", {"include/moesaic/cuda/sort.cuh": SPDX + "// Cost: O(n)\n"}),
            ("tests/gpu/sort_test.cu:2: sleeps", {"tests/gpu/sort_test.cu": SPDX + "usleep(3);\n"}),
            ("does not say `Ties:`", {LRU: GOOD[LRU].replace("Ties", "Equal")}),
            ("in no conformance list", {"tests/conformance/eviction_test.cpp": SPDX + "eviction::lru_by_rank\n"}),
            ("does not end by asserting", {LRU: GOOD[LRU].replace("static_assert(", "// (")}),
            ("reads a clock", add(POOL, "#include <chrono>\n")),
            ("reads a clock", add(POOL, "auto t = std::steady_clock::now();\n")),
            ("sleeps", add(POOL, "usleep(3);\n")),
            ("prints", add(POOL, "#include <iostream>\n")),
            ("prints", add(POOL, "std::printf(format);\n")),
            ("asks for exceptions", add(POOL, "#if __cpp_exceptions\n#endif\n")),
            ("prints", add("include/moesaic/transport/file/uring.hpp", "std::fputs(text, stderr);\n")),
            ("static that can change", add(POOL, still_static)),
            ("static that can change", add(POOL, "struct s { int f() { static std::vector<int> seen; return 0; } };\n")),
            ("static that can change", add(POOL, "inline std::vector<int> registry{};\n")),
            ("static that can change", add(POOL, "thread_local int depth;\n")),
            ("tests/core/word_test.cpp:3: sleeps", add("tests/core/word_test.cpp", "std::this_thread::sleep_for(x);\n")),
            ("tests/core/word_test.cpp:3: .*clock", add("tests/core/word_test.cpp", "auto t = steady_clock::now();\n")),
            ("newest entry", {"CHANGELOG.md": "# Changelog\n\n## 0.2.0\n\n## 0.1.0\n"}),
            ("wants exactly one line", {POOL: "#include <span>\n"}),
            ("wants exactly one line", {POOL: GOOD[POOL] + SPDX}),
            ("left-over mark", add(POOL, "// TO" + "DO: later\n")),
            ("left-over mark", add("docs/page.md", "FIX" + "ME\n")),
            ("of one machine", add("docs/page.md", "see /wo" + "rk/notes\n")),
        ])

    def test_unbuilt_sources(self):
        root = self.tree({})
        sources = [path.as_posix() for folder in ("tests", "examples") for path in (root / folder).rglob("*.cpp")
                   if "compile_fail" not in path.parts]
        commands = root / "compile_commands.json"
        for left_out in (None, "examples/e.cpp"):
            commands.write_text(json.dumps([{"directory": root.as_posix(), "file": source}
                                            for source in sources if left_out is None or not source.endswith(left_out)]))
            found = inventory.findings(root, commands)
            self.assertEqual(found, [] if left_out is None else [f"{left_out}: is built by nothing"])
        self.assertEqual(inventory.findings(root, commands, ["examples/e"]), [])
        self.assertEqual(inventory.findings(root, commands, ["examples/f"]), ["examples/e.cpp: is built by nothing"])
        self.assertEqual(inventory.findings(root, commands, only=["tests/core"]), [])
        (root / "tests/core/kernel.cu").write_text(SPDX)
        self.assertEqual(inventory.findings(root, commands, only=["tests/core"]), ["tests/core/kernel.cu: is built by nothing"])

    def test_links(self):
        readme = GOOD["README.md"]
        self.fails(links, [
            ("leads nowhere", {"README.md": readme.replace("docs/page.md", "docs/gone.md")}),
            ("leads nowhere", {"README.md": readme + '<img src="docs/gone.svg">\n'}),
            ("leads nowhere", {"README.md": readme + "[x]\n\n[x]: docs/gone.md\n"}),
            ("a heading that is not there", {"README.md": readme.replace("#a-b", "#c")}),
            ("a heading that is not there", {"README.md": readme.replace("#it", "#that")}),
            ("is not what the file says", {"README.md": readme.replace("int g", "int h")}),
            ("does not exist", {"README.md": readme.replace("examples/e", "examples/x")}),
            ("has no single", {"README.md": readme.replace("#all", "#some")}),
            ("no slice of a tested file", {"README.md": re.sub(r"<!--.*-->\n", "", readme)}),
            ("a block of sh that is no slice", {"README.md": readme + "\n```sh\nmake\n```\n"}),
            ("only indented", {"docs/page.md": "# A, b\n\n    make\n"}),
            ("without a fenced block", {"README.md": readme + "\n<!-- from: examples/e.cpp#all -->\nnothing\n"}),
        ])

    def test_policies(self):
        lru = SPDX + """/// Takes the oldest.
///
/// Source: ours. Cost: O(1)
/// per use. State and Ties: none.
struct lru { using hears = events<>; };
static_assert(eviction_policy<lru>);
"""
        catalogue = {"include/moesaic/eviction/catalogue.hpp": SPDX + 'entry{"lru", "age=3", "the oldest leaves"}\n', LRU: lru}
        page = policies.page(self.tree(catalogue))
        for said in ("### lru", "`lru(age=3)`", "Takes the oldest.", "- **Source.** ours.", "- **Cost.** O(1) per use.", "- **State and Ties.** none."):
            self.assertIn(said, page)
        written = {**catalogue, policies.PAGE: page}
        self.passes(policies, written)
        self.fails(policies, [
            ("is not what the headers say", catalogue),
            ("is not what the headers say", {**written, LRU: lru.replace("oldest", "newest")}),
            ("is not what the headers say", {**written, LRU: lru.replace("O(1)", "O(2)")}),
            ("is not what the headers say", {**written, "include/moesaic/eviction/catalogue.hpp": SPDX + 'entry{"lru", "age=4", "the oldest leaves"}\n'}),
        ])

    def test_pages_of_programs_and_headers(self):
        header = SPDX + "enum class error_code : std::uint8_t {\n  bad_file,  ///< not what it claims\n};\n"
        program = "#!/bin/sh\necho \"help of $*\"\n"
        root = self.tree({"include/moesaic/core/error.hpp": header, "docs/reference/x.md": "", **{f"bin/{name.split()[0]}": program for name in options.PROGRAMS}})
        for made in (root / "bin").iterdir():
            made.chmod(0o755)
        self.assertEqual(options.main(root, root / "bin", True), 0)
        self.assertIn("| `bad_file` | not what it claims |", (root / "docs/reference/errors.md").read_text())
        self.assertIn("help of recall --help", (root / "docs/reference/options.md").read_text())
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(options.main(root, root / "bin", False), 0)
            (root / "bin/moesaic-plan").write_text(program.replace("help", "other help"))
            self.assertEqual(options.main(root, root / "bin", False), 1)
            (root / "bin/moesaic-plan").unlink()
            self.assertEqual(options.main(root, root / "bin", False), options.SKIPPED)
        self.assertIn("options.md: is not what", said.getvalue())
        (root / "include/moesaic/core/error.hpp").write_text(header.replace("///<", "//"))
        self.assertRaises(SystemExit, options.errors_page, root)

    def test_commands_of_documents(self):
        script = "a_page() {\n# [a_page]\nfalse\n# [/a_page]\n}\nother() {  # not run here\n}\n"
        self.assertEqual(commands_test.functions(script), {"a_page": True, "other": False})
        self.assertIsNotNone(commands_test.wrong_with("a_page", pathlib.Path(), ""))  # a block that nobody knows what to expect of
        self.assertIsNotNone(commands_test.wrong_with("choose_a_budget_plan", pathlib.Path(), "nothing"))
        root = self.tree({"t.json": json.dumps({"traceEvents": [{"name": "thread_name", "ph": "M", "tid": 1, "args": {"name": "steps"}}]})})
        self.assertIn("has no track", commands_test.timeline_is_whole(root / "t.json", "lru"))
        tracks = [{"name": "thread_name", "ph": "M", "tid": n, "args": {"name": name}} for n, name in enumerate(["steps", "decisions: lru", "link", "MoE layer 0"])]
        mark = {"name": "evicted (0,1) for (0,2)", "ph": "i", "tid": 1, "ts": 0}
        slices = [{"name": "demand (0,1)", "ph": "X", "tid": 2, "ts": ts, "dur": 2} for ts in (0, 2)]
        for added, said in (([mark, *slices], None), (slices, "of nobody who left"), ([mark, *slices, {**slices[0], "ts": 3}], "at once on the track 'link'"),
                            ([mark, {**mark, "tid": 9}], "without one"), ([mark, {**tracks[2], "tid": 9}], "of one name")):
            (root / "t.json").write_text(json.dumps({"traceEvents": tracks + added}))
            found = commands_test.timeline_is_whole(root / "t.json", "lru")
            self.assertEqual(said is None, found is None) if said is None else self.assertIn(said, found or "")


if __name__ == "__main__":
    unittest.main()
