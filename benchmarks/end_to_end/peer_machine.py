# SPDX-License-Identifier: MIT
"""What the comparisons need of the machine: a disk with its own read-ahead, a cold file, a log of who else ran.

Everything that is made is removed again, also when the run breaks off. What is not permitted raises NotPermitted with a
sentence; the caller goes on without."""
import functools
import hashlib
import os
import platform
import re
import resource
import shutil
import signal
import subprocess
import time

from memory_group import NotPermitted, read, write


def quiet(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise NotPermitted(f"`{command[0]}` was not found; install it (Debian: e2fsprogs, mount)")
    if done.returncode != 0:
        raise NotPermitted(f"`{' '.join(command)}` failed: {done.stderr.strip() or 'no message'}")
    return done.stdout.strip()


def stop_on_signals():
    """What is made is removed on the way out, so every signal that ends a program becomes a KeyboardInterrupt, once."""
    signals = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)

    def stop(*_):
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in signals:
        signal.signal(each, stop)


@functools.lru_cache(maxsize=None)
def content(path):
    """A digest of a file; of one above 64 MiB 256 places are read. By content, because a model that is made again is the same one."""
    size = os.path.getsize(path)
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as f:
        places = [(0, size)] if size <= 64 << 20 else [((size - 4096) * i // 255, 4096) for i in range(256)]
        for at, length in places:
            f.seek(at)
            digest.update(f.read(length))
    return digest.hexdigest()[:16]


def make_image(image, size):
    part = image + ".part"
    try:
        with open(part, "wb") as f:
            os.posix_fallocate(f.fileno(), 0, -(-size // 2**20) * 2**20)
        quiet("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", part)
        os.rename(part, image)
    except BaseException:
        if os.path.exists(part):
            os.remove(part)
        raise


class Disk:
    """An ext4 image on a loop device that reads the image directly: one copy in the page cache, and a read-ahead of its own."""

    def __init__(self, image, size):
        if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
            raise NotPermitted("mounting an image needs root and loop devices")
        self.folder, self.device = image + ".mounted", None
        if not os.path.exists(image):
            make_image(image, size)
        os.makedirs(self.folder, exist_ok=True)
        try:
            if os.path.ismount(self.folder):  # left by a run that was killed, as its loop devices are
                quiet("umount", self.folder)
            for line in quiet("losetup", "--associated", image).splitlines():
                quiet("losetup", "--detach", line.split(":")[0])
            self.device = quiet("losetup", "--find", "--show", "--direct-io=on", image)
            quiet("mount", "-t", "ext4", "-o", "noatime", self.device, self.folder)
        except BaseException:
            self.close()
            raise

    def read_ahead(self, kib):
        write(f"/sys/block/{os.path.basename(self.device)}/queue/read_ahead_kb", kib)

    def close(self):
        for _ in range(20):
            if not self.device or not os.path.ismount(self.folder) or subprocess.run(["umount", self.folder], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.5)
        if self.device:
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
                    most = max(most, group.undroppable())
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
            "disk": os.path.basename(disk_of(path) or "?"), "free": shutil.disk_usage(os.path.dirname(path)).free}
