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

    def test_an_empty_one(self):
        self.assertIn("nothing was counted", self.found("// nothing\n"))


if __name__ == "__main__":
    unittest.main()
