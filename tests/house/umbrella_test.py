# SPDX-License-Identifier: MIT
"""Shows that umbrella.py can fail: umbrella_test.py COMPILER"""
import pathlib
import sys
import tempfile
import unittest

import umbrella

COMPILER = sys.argv.pop()


class costs(unittest.TestCase):
    def found(self, text):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            (root / "include/moesaic").mkdir(parents=True)
            (root / "include/moesaic/moesaic.hpp").write_text(text, encoding="utf-8")
            return "\n".join(umbrella.findings(root, COMPILER))

    def test_a_small_one_passes(self):
        self.assertEqual(self.found("#include <vector>\nint f();\n"), "")

    def test_too_many_own_lines(self):
        self.assertIn("lines of its own, at most", self.found("#include <vector>\n" + "int f();\n" * 100_000))

    def test_a_heavy_header(self):
        self.assertIn("<regex> is too heavy", self.found("#include <regex>\nint f();\n"))

    def test_too_much_of_the_standard_library(self):
        self.assertIn("of the standard library stand behind", self.found("#include <algorithm>\n#include <bits/stdc++.h>\nint f();\n"))

    def test_a_leaf_behind_any_header(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for name, text in (("moesaic.hpp", "#include <vector>\n"), ("core/word.hpp", "#include <moesaic/core/other.hpp>\n"),
                               ("core/other.hpp", "#include <cuda_runtime_api.h>\n"), ("cuda/slots.hpp", "#include <cuda_runtime_api.h>\n")):
                path = root / "include/moesaic" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            found = "\n".join(umbrella.findings(root, COMPILER))
            self.assertRegex(found, "outside the leaves reaches .*cuda_runtime_api.h")
            (root / "include/moesaic/core/other.hpp").write_text("#include <moesaic/cuda/slots.hpp>\n", encoding="utf-8")
            self.assertRegex("\n".join(umbrella.findings(root, COMPILER)), "outside the leaves reaches .*cuda/slots.hpp")
            (root / "include/moesaic/core/other.hpp").write_text("#include <array>\n", encoding="utf-8")
            self.assertNotIn("leaves", "\n".join(umbrella.findings(root, COMPILER)))

    def test_an_empty_one(self):
        self.assertIn("nothing was counted", self.found("// nothing\n"))


if __name__ == "__main__":
    unittest.main()
