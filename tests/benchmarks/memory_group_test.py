# SPDX-License-Identifier: MIT
"""What the comparisons make on a machine is gone behind them, also when it fails or is broken off; where it is not permitted they say so."""
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from unittest import mock

END_TO_END = os.path.join(sys.argv.pop(), "end_to_end")
sys.path.insert(0, END_TO_END)
import memory_group  # noqa: E402
import peer  # noqa: E402
import peer_machine  # noqa: E402

try:
    with memory_group.Groups():
        WHY_NOT = None
except memory_group.NotPermitted as why_not:
    WHY_NOT = str(why_not)


def taking(mebibytes, group):
    return subprocess.run([sys.executable, "-c", f"bytearray({mebibytes} << 20)"], preexec_fn=group.join).returncode


@unittest.skipIf(WHY_NOT, WHY_NOT)
class group_test(unittest.TestCase):
    def test_a_limit_holds_and_the_group_goes(self):
        with memory_group.Groups() as groups:
            with groups.of(64 << 20) as group:
                self.assertEqual(taking(8, group), 0)
                if groups.second or os.path.exists(group.memory + "/memory.memsw.limit_in_bytes"):  # else there is the swap
                    self.assertEqual(taking(160, group), -signal.SIGKILL)
                folders, peak = group.folders, group.peak()
            self.assertTrue(folders)
            self.assertFalse(any(map(os.path.exists, folders)))
            self.assertTrue(peak is None or 8 << 20 <= peak <= 64 << 20, peak)

    def test_a_constructor_that_fails_leaves_nothing(self):
        with memory_group.Groups() as groups:
            with self.assertRaises(memory_group.NotPermitted):
                groups.of("no number")
            self.assertEqual([name for name in os.listdir(groups.parent) if name.startswith(f"moesaic-{os.getpid()}-")], [])

    def test_a_signal_leaves_nothing(self):
        program = textwrap.dedent("""
            import os, signal, sys, time
            import memory_group, peer_machine
            peer_machine.stop_on_signals()
            with memory_group.Groups() as groups, groups.of(64 << 20) as group:
                print(group.folders[0], flush=True)
                peer_machine.run([sys.executable, "-c", "input()"], group, 60)
        """)
        for number in (signal.SIGTERM, signal.SIGHUP):
            child = subprocess.Popen([sys.executable, "-B", "-c", program], cwd=END_TO_END, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     text=True)
            folder = child.stdout.readline().strip()
            self.assertTrue(os.path.isdir(folder))
            child.send_signal(number)
            child.communicate()
            self.assertNotEqual(child.returncode, 0)
            self.assertFalse(os.path.exists(folder))


class second_version_test(unittest.TestCase):
    """With folders in place of the kernel's."""

    def test_what_was_handed_down_is_taken_back(self):
        with tempfile.TemporaryDirectory() as folder:
            control = os.path.join(folder, "cgroup.subtree_control")
            memory_group.write(control, "cpu")
            groups = memory_group.Groups.__new__(memory_group.Groups)
            groups.parent, groups.added = folder, []
            groups.hand_down("cpu")
            self.assertEqual(groups.added, [])  # it was there
            groups.hand_down("memory")
            self.assertEqual(memory_group.read(control), "+memory")
            groups.close()
            self.assertEqual(memory_group.read(control), "-memory")

    def test_a_kernel_that_does_not_say_the_peak(self):
        with tempfile.TemporaryDirectory() as folder:
            group = memory_group.Group.__new__(memory_group.Group)
            group.second, group.memory = True, folder
            self.assertIsNone(group.peak())
            memory_group.write(folder + "/memory.peak", 4096)
            self.assertEqual(group.peak(), 4096)


class disk_test(unittest.TestCase):
    def test_a_tool_that_is_missing_is_not_permitted_and_nothing_is_left(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, PATH=folder):
            with self.assertRaisesRegex(memory_group.NotPermitted, "mkfs.ext4"):
                peer_machine.make_image(os.path.join(folder, "image"), 1 << 20)
            self.assertEqual(os.listdir(folder), [])

    def test_a_full_disk_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch("os.posix_fallocate", side_effect=OSError(28, "No space left on device")):
            with self.assertRaises(OSError):
                peer_machine.make_image(os.path.join(folder, "image"), 1 << 20)
            self.assertEqual(os.listdir(folder), [])

    def test_a_model_that_cannot_be_made_gives_its_disk_back(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch("peer_machine.Disk") as disk, mock.patch("big_model.make", side_effect=KeyboardInterrupt):
            disk.return_value.folder = folder
            with self.assertRaises(KeyboardInterrupt):
                peer.Model("small", folder, folder)
            disk.return_value.close.assert_called_once()

    def test_content_is_told_from_other_content(self):
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in "abc"]
            for name, text in zip(names, ("one", "one", "two")):
                memory_group.write(name, text)
            one, again, two = map(peer_machine.content, names)
            self.assertEqual(one, again)
            self.assertNotEqual(one, two)


if __name__ == "__main__":
    if WHY_NOT:
        print(f"groups were not tried: {WHY_NOT}")
    unittest.main()
