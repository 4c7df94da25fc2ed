# SPDX-License-Identifier: MIT
"""What the comparison needs of the machine: a disk with its own read-ahead, a memory limit, a cold file, a log of who else ran.

Everything that is made is removed again, also when the run breaks off. What is not permitted raises NotPermitted with a
sentence; the caller goes on without."""
import os
import platform
import re
import resource
import shutil
import subprocess
import time

GROUPS = "/sys/fs/cgroup"


class NotPermitted(Exception):
    pass


def quiet(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise NotPermitted(f"`{' '.join(command)}` failed: {done.stderr.strip() or 'no message'}")
    return done.stdout.strip()


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    with open(path, "w") as f:
        f.write(str(text))


class Disk:
    """An ext4 image on a loop device that reads the image directly: one copy in the page cache, and a read-ahead of its own."""

    def __init__(self, image, size):
        if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
            raise NotPermitted("mounting an image needs root and loop devices")
        self.folder = image + ".mounted"
        fresh = not os.path.exists(image)
        if fresh:
            with open(image + ".part", "wb") as f:
                os.posix_fallocate(f.fileno(), 0, -(-size // 2**20) * 2**20)
            quiet("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", image + ".part")
            os.rename(image + ".part", image)
        os.makedirs(self.folder, exist_ok=True)
        if os.path.ismount(self.folder):  # left by a run that was killed
            quiet("umount", self.folder)
        self.device = quiet("losetup", "--find", "--show", "--direct-io=on", image)
        try:
            quiet("mount", "-t", "ext4", "-o", "noatime", self.device, self.folder)
        except NotPermitted:
            quiet("losetup", "--detach", self.device)
            raise

    def read_ahead(self, kib):
        write(f"/sys/block/{os.path.basename(self.device)}/queue/read_ahead_kb", kib)

    def close(self):
        for _ in range(20):
            if subprocess.run(["umount", self.folder], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.5)
        subprocess.run(["losetup", "--detach", self.device], stderr=subprocess.DEVNULL)
        if os.path.isdir(self.folder) and not os.path.ismount(self.folder):
            os.rmdir(self.folder)


def disk_of(path):
    """The block device under a file, and the disk it is a part of."""
    number = os.stat(path).st_dev
    base = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not os.path.isdir(base):
        return None
    return base if os.path.isdir(base + "/queue") else os.path.dirname(base)


def read_ahead_of(path):
    disk = disk_of(path)
    return int(read(disk + "/queue/read_ahead_kb")) if disk else None


def drop(path):
    """Takes a file out of the page cache. Only whole where nobody maps it."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


class Group:
    """A cgroup with a limit for everything its processes keep in memory, page cache included; v1 and v2."""

    def __init__(self, name, limit=None, read_rate=None, path=None):
        self.folders = []
        one = os.path.isdir(GROUPS + "/memory")
        try:
            if one:
                self.memory = self._make(f"{GROUPS}/memory/{name}")
                if limit:
                    write(self.memory + "/memory.limit_in_bytes", limit)
            else:
                self._hand_down("memory")
                self.memory = self._make(f"{GROUPS}/{name}")
                if limit:
                    write(self.memory + "/memory.max", limit)
                    if os.path.exists(self.memory + "/memory.swap.max"):
                        write(self.memory + "/memory.swap.max", 0)
            if read_rate:
                number = os.stat(path).st_dev
                if one:
                    write(self._make(f"{GROUPS}/blkio/{name}") + "/blkio.throttle.read_bps_device", f"{os.major(number)}:{os.minor(number)} {read_rate}")
                else:
                    self._hand_down("io")
                    write(self.memory + "/io.max", f"{os.major(number)}:{os.minor(number)} rbps={read_rate}")
        except OSError as why:
            self.close()
            raise NotPermitted(f"a memory cgroup cannot be made here ({why})")
        self.one = one

    def _make(self, folder):
        if os.path.isdir(folder):
            os.rmdir(folder)
        os.mkdir(folder)
        self.folders.append(folder)
        return folder

    @staticmethod
    def _hand_down(controller):
        if controller not in read(GROUPS + "/cgroup.subtree_control").split():
            write(GROUPS + "/cgroup.subtree_control", "+" + controller)

    def join(self):
        """In the child, before exec."""
        for folder in self.folders:
            write(folder + "/cgroup.procs", os.getpid())

    def anonymous(self):
        """Bytes of the group that the kernel could not drop."""
        stat = dict(line.split() for line in read(self.memory + "/memory.stat").splitlines())
        return int(stat.get("anon", stat.get("rss", 0)))

    def close(self):
        for folder in reversed(self.folders):
            for _ in range(50):
                try:
                    os.rmdir(folder)
                    break
                except OSError:
                    time.sleep(0.1)
        self.folders = []


def busy_ticks():
    """Processor time that anybody used, and that there was."""
    ticks = list(map(int, read("/proc/stat").splitlines()[0].split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def run(command, group=None, limit_s=None, priority=0):
    """Runs a program in the group. Returns its status and output, the most of its memory that could not be dropped, and the share of the
    machine's processor time that others used meanwhile."""
    before, began, own_before = busy_ticks(), time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)

    def enter():
        if group:
            group.join()
        if priority:
            os.setpriority(os.PRIO_PROCESS, 0, priority)
            if os.path.exists("/proc/self/autogroup"):  # there the scheduler weighs sessions, and niceness only inside one
                os.setsid()
                write("/proc/self/autogroup", priority)

    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=enter)
    most = 0
    try:
        while True:
            try:
                out, err = child.communicate(timeout=0.25)
                break
            except subprocess.TimeoutExpired:
                if group:
                    most = max(most, group.anonymous())
                if limit_s and time.monotonic() - began > limit_s:
                    child.kill()
    except BaseException:
        child.kill()
        child.wait()
        raise
    after, used = busy_ticks(), resource.getrusage(resource.RUSAGE_CHILDREN)
    own = used.ru_utime + used.ru_stime - own_before.ru_utime - own_before.ru_stime
    there = max(1, after[1] - before[1]) / os.sysconf("SC_CLK_TCK")
    return {"status": child.returncode, "out": out.decode(errors="replace"), "err": err.decode(errors="replace").strip(), "seconds": time.monotonic() - began,
            "undroppable_peak": most, "cpu_s": own, "others": max(0.0, (after[0] - before[0]) / os.sysconf("SC_CLK_TCK") - own) / there}


def facts(path):
    cpu = re.search(r"model name\s*:\s*(.*)", read("/proc/cpuinfo"))
    flags = read("/proc/cpuinfo")
    return {"kernel": platform.release(), "processor": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(),
            "vectors": [f for f in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if re.search(rf"\b{f}\b", flags)],
            "memory": int(re.search(r"MemTotal:\s*(\d+)", read("/proc/meminfo")).group(1)) * 1024, "load": os.getloadavg(),
            "cgroup": 1 if os.path.isdir(GROUPS + "/memory") else 2, "disk": os.path.basename(disk_of(path) or "?"), "free": shutil.disk_usage(os.path.dirname(path)).free}
