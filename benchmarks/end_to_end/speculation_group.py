# SPDX-License-Identifier: MIT
"""A memory cgroup (version 1 or 2) for one run, with a limit; removed behind it."""
import contextlib, os, pathlib


class MemoryGroup:
    """Where such groups can be made; `why_not` is a sentence where they cannot."""

    def __init__(self):
        self.parent, self.second, self.why_not = None, False, "no memory cgroup can be made here (root, or a delegated group, is needed), so memory is not limited"
        for second, mount in self.mounts():
            own = mount / self.own_path(second).lstrip("/")
            for parent in (own, mount):
                probe = parent / f"moesaic-probe-{os.getpid()}"
                try:
                    probe.mkdir()
                except OSError:
                    continue
                usable = (probe / self.limit_name(second)).exists()
                probe.rmdir()
                if usable:
                    self.parent, self.second, self.why_not = parent, second, None
                    return

    @staticmethod
    def limit_name(second):
        return "memory.max" if second else "memory.limit_in_bytes"

    @staticmethod
    def mounts():
        with open("/proc/self/mounts") as lines:
            for line in lines:
                _, where, kind, options, *_ = line.split()
                if kind == "cgroup2" or kind == "cgroup" and "memory" in options.split(","):
                    yield kind == "cgroup2", pathlib.Path(where)

    @staticmethod
    def own_path(second):
        with open("/proc/self/cgroup") as lines:
            for line in lines:
                _, controllers, path = line.rstrip("\n").split(":", 2)
                if controllers == "" if second else "memory" in controllers.split(","):
                    return path
        return ""

    @contextlib.contextmanager
    def of(self, limit=None):
        inside = Inside(self, limit)
        try:
            yield inside
        finally:
            inside.remove()


class Inside:
    def __init__(self, group, limit):
        self.path, self.second = None, group.second
        if group.why_not:
            return
        self.path = group.parent / f"moesaic-bench-{os.getpid()}"
        self.path.mkdir(exist_ok=True)
        if limit:
            (self.path / group.limit_name(self.second)).write_text(str(limit))
            swap = self.path / ("memory.swap.max" if self.second else "memory.memsw.limit_in_bytes")
            if swap.exists():
                swap.write_text("0" if self.second else str(limit))

    def enter(self):
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self):
        """The most that was charged, page cache included; 0 where the kernel does not say."""
        name = self.path and self.path / ("memory.peak" if self.second else "memory.max_usage_in_bytes")
        return int(name.read_text()) if name and name.exists() else 0

    def remove(self):
        if self.path:
            self.path.rmdir()
            self.path = None
