# SPDX-License-Identifier: MIT
"""benchmarks/papers/ on a few tokens: what ablations.py writes, and that a part which is switched off is off; what paper_ratios.py counts."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BENCHMARKS, PROGRAMS = pathlib.Path(sys.argv[1]), sys.argv[2]
del sys.argv[1:]


def results(system):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "ablations.json"
        done = subprocess.run([sys.executable, "-B", str(BENCHMARKS / "papers" / "ablations.py"), PROGRAMS, "--simulator", "--only", system, "--tokens", "48",
                               "--traces", folder, "--json", str(out)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(out.read_text()), done.stdout


class ablations_test(unittest.TestCase):
    def test_rows_are_relative_to_the_whole_system_and_parts_that_are_off_are_off(self):
        written, printed = results("moe_speq")
        self.assertEqual(written["schema"], "moesaic.ablations/1")
        system = written["systems"]["moe_speq"]
        self.assertIsNone(system["decoded"])
        self.assertEqual(len(system["simulated"]), 2)
        for cell in system["simulated"]:
            rows = {row["part"]: row for row in cell["rows"]}
            self.assertEqual(cell["routing"], "made up")
            self.assertEqual(cell["rows"][0]["left"], 1)
            for row in cell["rows"]:
                self.assertAlmostEqual(row["left"], cell["rows"][0]["ms"] / row["ms"])
            self.assertLess(rows["asynchronous copies"]["left"], .9)  # the same bytes at half the rate
            self.assertLess(rows["draft kernel"]["left"], 1)
            self.assertNotEqual(rows["three-phase scheduler"]["found"], rows["nothing"]["found"])
            self.assertEqual(rows["draft kernel"]["reported"], .682)
        self.assertIn("| lookahead eviction | lru |", printed)

    def test_ratios_are_counted_by_what_they_are_and_every_constant_has_its_source(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "papers.json"
            done = subprocess.run([sys.executable, "-B", str(BENCHMARKS / "papers" / "paper_ratios.py"), PROGRAMS, "--tokens", "48", "--traces", folder, "--json", str(out)],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            written = json.loads(out.read_text())
        self.assertEqual([sum(row["paper"].startswith(paper) for row in written["rows"]) for paper in ("MoE-SpeQ", "SP-MoE", "MoE-SpAc")], [6, 5, 2])
        for row in written["rows"]:
            (ours, theirs), (best, base) = row["reported_ms"], row["simulated_ms"]
            self.assertAlmostEqual(row["off"], base / best / (theirs / ours) - 1)
            self.assertEqual(row["explained"], abs(row["off"]) <= .15)
        for of in written["constants"].values():
            for constant in of.values():
                self.assertGreater(len(constant["source"]), 10)
        for line in done.stdout.splitlines():
            if " rows within " in line:
                paper = {"4": "MoE-SpeQ", "3": "SP-MoE", "1": "MoE-SpAc"}[line.split()[-1]]
                self.assertEqual(int(line.split()[0]), sum(row["explained"] for row in written["rows"] if row["paper"].startswith(paper)))


if __name__ == "__main__":
    unittest.main()
