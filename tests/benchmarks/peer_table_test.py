# SPDX-License-Identifier: MIT
"""The comparison with llama.cpp on runs and streams made up here: ratios by round, cells that do not count, caches by hand."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(sys.argv.pop(), "end_to_end"))
import big_model  # noqa: E402
import peer_table  # noqa: E402


def run(arm, round_, speed, agreement=1.0, **more):
    return {"cell": "q8_0 25% topics 128KB", "form": "q8_0", "limit": 25, "stream": "topics", "read_ahead": 128, "rate": None, "agreement": agreement, "arm": arm,
            "round": round_, "warm_tokens_per_s": speed, "cold_tokens_per_s": speed / 2, "load_s": 1.0, "bytes": 3_000_000, "tokens": 3, "undroppable_peak": 5,
            "limit_bytes": 10, "others": 0.1, "processor": "p", "cores": 2, "threads": 2, "kernel": "k", "disk": "d", "cgroup": 1, **more}


class table_test(unittest.TestCase):
    def rows(self, *runs):
        return peer_table.summed_up(runs)

    def test_a_ratio_is_between_runs_of_one_round(self):
        # The machine slowed down in the last round: the ratio of medians would be 2.5.
        row, = self.rows(run("llama.cpp", 0, 4), run("moesaic", 0, 12), run("llama.cpp", 1, 4), run("moesaic", 1, 10), run("moesaic", 2, 3), run("llama.cpp", 2, 1))
        self.assertEqual((row["warm_ratio"], row["warm_ratio_from"], row["warm_ratio_to"]), (3, 2.5, 3))
        self.assertEqual(row["arms"]["moesaic"]["warm_tokens_per_s"], 10)
        self.assertEqual(row["arms"]["moesaic"]["megabytes_a_token"], 1)

    def test_a_round_of_one_arm_is_no_ratio(self):
        row, = self.rows(run("llama.cpp", 0, 4), run("moesaic", 1, 12))
        self.assertNotIn("warm_ratio", row)

    def test_engines_that_disagree_make_a_cell_void(self):
        row, = self.rows(run("llama.cpp", 0, 4, agreement=0.94), run("moesaic", 0, 12, agreement=0.94))
        self.assertTrue(row["void"])
        self.assertIn("| void |", peer_table.as_table([row], run("moesaic", 0, 12)))
        self.assertNotIn("3.00", peer_table.as_table([row], run("moesaic", 0, 12)))

    def test_a_failed_run_says_so_and_counts_for_nothing(self):
        failed = {k: v for k, v in run("llama.cpp", 0, 4).items() if k not in ("warm_tokens_per_s", "cold_tokens_per_s")}
        row, = self.rows({**failed, "failed": "killed"}, run("moesaic", 0, 12))
        self.assertEqual(row["arms"]["llama.cpp"]["failed"], ["killed"])
        self.assertIn("killed", peer_table.as_table([row], run("moesaic", 0, 12)))

    def test_a_run_made_again_counts_once_and_other_programs_do_not_mix(self):
        failed = {**run("moesaic", 0, 1), "failed": "killed"}
        row, = self.rows(run("llama.cpp", 0, 4), failed, run("moesaic", 0, 12))
        self.assertEqual((row["arms"]["moesaic"]["failed"], row["warm_ratio"]), ([], 3))
        row, = self.rows(run("llama.cpp", 0, 4, of="old"), run("moesaic", 0, 12, of="old"), run("moesaic", 0, 20, of="new"))
        self.assertEqual(list(row["arms"]), ["moesaic"])
        self.assertNotIn("warm_ratio", row)

    def test_the_files_are_written_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            peer_table.write(os.path.join(folder, "no_runs_yet"), folder)
            self.assertEqual(sorted(os.listdir(folder)), ["plot.svg", "table.json", "table.md"])


class stream_test(unittest.TestCase):
    def test_an_lru_cache_by_hand(self):
        # Two of four experts: {0,1} miss, miss; {1,2} hit, miss, 0 leaves; {0,1} miss, hit.
        tokens = [{0: frozenset(s)} for s in ({0, 1}, {1, 2}, {0, 1})]
        self.assertAlmostEqual(big_model.lru_hits(tokens, 0.5, 4), 2 / 6)

    def test_reuse_by_hand(self):
        tokens = [{0: frozenset(s)} for s in ({0, 1}, {1, 2}, {1, 2})]
        self.assertAlmostEqual(big_model.describe(tokens, 4)["reuse"], 3 / 4)

    def test_a_stream_with_topics_stays_in_them(self):
        ids = big_model.stream("topics", 399, 1)
        self.assertEqual(len(ids), 400)
        for at in range(0, 400, big_model.STRETCH):
            topics = {i * big_model.TOPICS // big_model.VOCABULARY for i in ids[at : at + big_model.STRETCH]}
            self.assertEqual(len(topics), 1)
        self.assertGreater(len({i * big_model.TOPICS // big_model.VOCABULARY for i in big_model.stream("random", 399, 1)}), 40)


if __name__ == "__main__":
    unittest.main()
