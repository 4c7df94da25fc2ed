# SPDX-License-Identifier: MIT
"""Shows that check.py can fail: one small case for each thing it has to notice, and one good case."""
import argparse
import pathlib
import sys
import tempfile
import unittest

import check

GOOD = """// expect-error: a policy must say victim
template <class P> constexpr bool explain() {
  static_assert(requires(P p) { p.victim(); }, "a policy must say victim");
  return true;
}
struct mine {
#ifdef FIXED
  int victim();
#endif
};
static_assert(explain<mine>());
"""
NOISE = "int f() { return 0; }\n" + "".join(f"int noise{n} = undeclared{n};\n" for n in range(6))
compiler = "c++"


class check_notices(unittest.TestCase):
    def verdict(self, text):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "case.cpp"
            source.write_text(text)
            return check.what_is_wrong(compiler, [], source)

    def test_a_good_case_passes(self):
        self.assertIsNone(self.verdict(GOOD))

    def test_no_expected_words(self):
        self.assertIn("has no line", self.verdict(GOOD.replace("expect-error", "expected")))

    def test_no_twin(self):
        self.assertIn("has no twin", self.verdict(GOOD.replace("FIXED", "MENDED")))

    def test_a_case_that_compiles(self):
        self.assertIn("compiles, but should be rejected", self.verdict(GOOD.replace("#ifdef", "#ifndef")))

    def test_other_words(self):
        self.assertIn("no error line says", self.verdict(GOOD.replace("error: a policy must say", "error: a policy must name")))

    def test_words_that_come_too_late(self):
        late = GOOD.replace("template", "#ifndef FIXED\n" + NOISE + "#endif\ntemplate", 1)
        self.assertIn("the limit is 11", self.verdict(late))

    def test_a_twin_that_does_not_compile(self):
        self.assertIn("the twin", self.verdict(GOOD.replace("int victim();", "int victom();")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default=compiler)
    given, rest = parser.parse_known_args()
    compiler = given.compiler
    unittest.main(argv=[sys.argv[0], *rest])
