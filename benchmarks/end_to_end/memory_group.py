# SPDX-License-Identifier: MIT
"""A memory cgroup (version 1 or 2) for one run, with limits; removed behind it, and what it took to make it is undone."""
import itertools
import os
import time


class NotPermitted(Exception):
    """With a sentence; the caller goes on without, or says it and ends."""


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(str(text))


def hierarchies(controller):
    """(second version?, folders in which a group may be made): below the own group first, whose limits then hold as well, then at the top."""
    own = dict(line.split(":", 2)[1:] for line in read("/proc/self/cgroup").splitlines())
    for line in read("/proc/self/mounts").splitlines():
        _, where, kind, options = line.split()[:4]
        if kind == "cgroup" and controller in options.split(","):
            path = next((path for names, path in own.items() if controller in names.split(",")), "/")
        elif kind == "cgroup2":
            path = own.get("", "/")
        else:
            continue
        yield kind == "cgroup2", dict.fromkeys((os.path.normpath(where + "/" + path.lstrip("/")), where))


class Groups:
    """Where groups are made. Tries it once with a process in one, so that what is not permitted is known before anything else is done."""

    def __init__(self):
        self.count, self.added = itertools.count(), []
        why = "no memory controller is mounted"
        try:
            for self.second, folders in hierarchies("memory"):
                for self.parent in folders:
                    try:
                        with self.of(64 << 20) as group:
                            group.try_to_join()
                        return
                    except (OSError, NotPermitted) as error:
                        why = error
                        self.close()
        except OSError as error:  # not Linux, or no /proc
            why = error
        except BaseException:
            self.close()
            raise
        raise NotPermitted(f"no memory cgroup can be made here ({why}); it needs root, and a kernel with the memory controller")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def of(self, limit=None, read_rate=None, path=None):
        """A group with a limit of bytes, page cache included; and of bytes a second read from the disk `path` lies on."""
        return Group(self, limit, read_rate, path)

    def hand_down(self, controller):
        """Version 2 gives groups what their parent hands down. Undone in close()."""
        control = self.parent + "/cgroup.subtree_control"
        if controller not in read(control).split():
            write(control, "+" + controller)
            self.added.append((control, controller))

    def close(self):
        for control, controller in reversed(self.added):
            if any(name.startswith("moesaic-") for name in os.listdir(os.path.dirname(control))):
                continue  # another run needs it still
            try:
                write(control, "-" + controller)
            except OSError:
                pass  # somebody else hands it further down by now
        self.added = []


class Group:
    def __init__(self, groups, limit, read_rate, path):
        self.second, self.folders = groups.second, []
        name = f"moesaic-{os.getpid()}-{next(groups.count)}"
        try:
            if self.second:
                groups.hand_down("memory")
            self.memory = self.make(f"{groups.parent}/{name}")
            if limit:
                write(self.memory + ("/memory.max" if self.second else "/memory.limit_in_bytes"), limit)
                swap, most = ("/memory.swap.max", 0) if self.second else ("/memory.memsw.limit_in_bytes", limit)
                if os.path.exists(self.memory + swap):
                    write(self.memory + swap, most)
            if read_rate:
                number = os.stat(path).st_dev
                self.slow_down(groups, name, f"{os.major(number)}:{os.minor(number)}", read_rate)
        except OSError as why:
            self.close()
            raise NotPermitted(f"a group with these limits cannot be made ({why})")
        except BaseException:
            self.close()
            raise

    def slow_down(self, groups, name, disk, rate):
        if self.second:
            groups.hand_down("io")
            write(self.memory + "/io.max", f"{disk} rbps={rate}")
            return
        for second, folders in hierarchies("blkio"):
            for parent in () if second else folders:
                if os.access(parent, os.W_OK):
                    write(self.make(f"{parent}/{name}") + "/blkio.throttle.read_bps_device", f"{disk} {rate}")
                    return
        raise NotPermitted("the rate of a disk cannot be limited here: no blkio controller is mounted, or it needs root")

    def make(self, folder):
        if folder in self.folders:  # both controllers are mounted in one place
            return folder
        if os.path.isdir(folder):  # left by a process of the same number that was killed
            os.rmdir(folder)
        os.mkdir(folder)
        self.folders.append(folder)
        return folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def join(self):
        """In the child, before exec."""
        for folder in self.folders:
            write(folder + "/cgroup.procs", os.getpid())

    def try_to_join(self):
        child = os.fork()
        if child == 0:
            try:
                self.join()
                os._exit(0)
            except BaseException:
                os._exit(1)
        if os.waitpid(child, 0)[1] != 0:
            raise NotPermitted("a process cannot be moved into a new group")

    def peak(self):
        """The most that was charged, page cache included; None where the kernel does not say (version 2 before Linux 5.19)."""
        try:
            return int(read(self.memory + ("/memory.peak" if self.second else "/memory.max_usage_in_bytes"))) or None
        except FileNotFoundError:
            return None

    def undroppable(self):
        """Bytes of the group that the kernel could not drop."""
        stat = dict(line.split() for line in read(self.memory + "/memory.stat").splitlines())
        return int(stat.get("anon", stat.get("rss", 0)))

    def close(self):
        for folder in reversed(self.folders):
            for _ in range(50):  # busy until the kernel is done with the last process
                try:
                    os.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.1)
        self.folders = []
