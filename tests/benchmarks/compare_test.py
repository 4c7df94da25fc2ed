# SPDX-License-Identifier: MIT
"""benchmarks/compare.py on runs made up here: what it finds, what it lets pass, and what it refuses."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BENCHMARKS = pathlib.Path(sys.argv.pop())
STEADY = [100, 101, 99, 100, 102, 98, 100]
NOISY = [100, 180, 60, 140, 80, 160, 100]


def run_of(**times):
    return {"benchmarks": [{"name": name, "run_name": name, "run_type": "iteration", "cpu_time": t, "real_time": 5 * t, "time_unit": "ns"}
                           for name, all_times in times.items() for t in all_times]
            + [{"name": f"{name}_median", "run_name": name, "run_type": "aggregate", "cpu_time": 1e9, "time_unit": "ns"} for name in times]}


def scaled(times, by):
    return [t * by for t in times]


class compare_test(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, content):
        path = pathlib.Path(self.folder.name) / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    def compare(self, *words):
        done = subprocess.run([sys.executable, "-B", str(BENCHMARKS / "compare.py"), *words], capture_output=True, text=True, check=False)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def rows(self, before, after):
        out = str(pathlib.Path(self.folder.name) / "rows.json")
        done = self.compare(self.file("a.json", before), self.file("b.json", after), "--json", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {row["name"]: row for row in json.loads(pathlib.Path(out).read_text(encoding="utf-8"))["rows"]}

    def ratios(self, **entry):
        return self.file("ratios.json", {"schema": "moesaic.ratios/1", "ratios": [{"of": "slow", "over": "fast", "value": 2, "allowed": 1.4} | entry]})

    def test_ratio_and_verdict(self):
        rows = self.rows(run_of(same=STEADY, slower=STEADY, noise=NOISY), run_of(same=STEADY, slower=scaled(STEADY, 1.5), noise=scaled(NOISY, 1.1)))
        self.assertEqual([rows[name]["verdict"] for name in ("same", "slower", "noise")], ["within noise", "slower", "within noise"])
        self.assertAlmostEqual(rows["slower"]["ratio"], 1.5)
        self.assertLess(rows["slower"]["low"], 1.5)
        self.assertGreater(rows["slower"]["high"], 1.5)

    def test_units_are_read(self):
        microseconds = run_of(one=[0.1] * 5)
        for benchmark in microseconds["benchmarks"]:
            benchmark["time_unit"] = "us"
        self.assertAlmostEqual(self.rows(run_of(one=[100] * 5), microseconds)["one"]["ratio"], 1.0)

    def test_few_repetitions_say_nothing_about_noise(self):
        self.assertIn("noise unknown", self.rows(run_of(one=[100]), run_of(one=[200]))["one"]["verdict"])

    def test_a_ratio_that_holds(self):
        done = self.compare("--baseline", self.ratios(), self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 2.5))))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 of 1 ratios hold", done.stdout)

    def test_a_doctored_run_fails(self):
        done = self.compare("--baseline", self.ratios(), self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 3))))
        self.assertEqual(done.returncode, 1)
        self.assertIn("WORSE", done.stdout)

    def test_on_another_processor_only_what_holds_everywhere_fails(self):
        ratios = [{"of": "slow", "over": "fast", "value": 2, "allowed": 1.2}, {"of": "large", "over": "fast", "value": 2, "allowed": 1.2, "everywhere": True}]
        path = self.file("ratios.json", {"schema": "moesaic.ratios/1", "processor": "another", "ratios": ratios})
        done = self.compare("--baseline", path, self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 3), large=scaled(STEADY, 2))))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1 of 1 ratios hold; 1 were recorded on another processor (another)", done.stdout)
        done = self.compare("--baseline", path, self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 2), large=scaled(STEADY, 3))))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        # Once recorded here, everything is held here.
        slow = self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 2), large=scaled(STEADY, 2)))
        self.assertEqual(self.compare("--baseline", path, "--record", slow).returncode, 0)
        self.assertEqual(self.compare("--baseline", path, self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 3), large=STEADY))).returncode, 1)

    def test_noise_alone_does_not_fail(self):
        done = self.compare("--baseline", self.ratios(), self.file("run.json", run_of(fast=NOISY, slow=scaled(NOISY, 3))))
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_was_not_run_does_not_pass(self):
        done = self.compare("--baseline", self.ratios(), self.file("run.json", run_of(fast=STEADY)))
        self.assertEqual(done.returncode, 2)
        self.assertIn("slow", done.stderr)

    def test_recording_changes_values_only(self):
        path = self.ratios(allowed=1.3)
        done = self.compare("--baseline", path, "--record", self.file("run.json", run_of(fast=STEADY, slow=scaled(STEADY, 4))))
        self.assertEqual(done.returncode, 0, done.stderr)
        kept = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["ratios"]
        self.assertEqual(kept, [{"of": "slow", "over": "fast", "value": 4.0, "allowed": 1.3}])

    def test_files_that_are_none(self):
        fine = self.file("fine.json", run_of(one=STEADY))
        for broken in ("no json", "[]", "{}", '{"benchmarks": [1]}', '{"benchmarks": [{"name": "x"}]}', '{"benchmarks": [{"name": "x", "cpu_time": 1, "time_unit": "weeks"}]}'):
            done = self.compare(self.file("broken.json", broken), fine)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), broken)
        self.assertEqual(self.compare(fine).returncode, 2)
        self.assertEqual(self.compare("--baseline", self.file("none.json", '{"ratios": []}'), fine).returncode, 2)

    def test_the_stored_ratios_name_benchmarks_that_exist(self):
        """By the text of the sources: a renamed benchmark would only be missed when the smoke run is."""
        stored = self.compare("--baseline", str(BENCHMARKS / "baseline_ratios.json"), "--names")
        self.assertEqual(stored.returncode, 0, stored.stderr)
        ratios = json.loads((BENCHMARKS / "baseline_ratios.json").read_text(encoding="utf-8"))["ratios"]
        text = "".join(path.read_text(encoding="utf-8") for path in sorted((BENCHMARKS / "micro").glob("*_bench.cpp")))
        for entry in ratios:
            for name in (entry["of"], entry["over"]):
                self.assertRegex(name, stored.stdout.strip())
                parts = name.split("/")
                known = parts[0] if "x" in parts[1] else parts[1]
                self.assertTrue(re.search(rf'"(hits/|misses/)?{known}"|/{known}/', text), name)


if __name__ == "__main__":
    unittest.main()
