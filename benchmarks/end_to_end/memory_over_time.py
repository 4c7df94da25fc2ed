#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the decoder's memory grow while it decodes? Ten real minutes, one sample a second.

    memory_over_time.py PROGRAMS MODEL.gguf [--minutes 10] [--tokens 3000] [--budget 25%] [--throttle 1MB/s] [--allow 8] [--json F]

Sampled is RssAnon of the process (page cache of mapped files left out). Growth is the largest sample of the last quarter over the largest of
the second: the first quarter is warming up. A throttled link stretches few tokens over the minutes, because keys and values of every
token stay in memory and would look like growth; `--allow` MiB are left for those. Where the decoder has ended before the time, the last line
says so: then a lower throttle or more tokens are needed. Status: 0, 1 if memory grew by more, 2 if nothing could be measured.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time


def anonymous_bytes(process):
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def sampled(command, seconds):
    """(second, bytes) until the time is over or the program ends; whether it had to be stopped; what it said."""
    samples, began = [], time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        while time.monotonic() - began < seconds and run.poll() is None:
            now = anonymous_bytes(run.pid)
            if now:
                samples.append((round(time.monotonic() - began, 1), now))
            time.sleep(1)
        stopped = run.poll() is None
        if stopped:
            run.terminate()
        said = run.communicate()[1]
    return samples, stopped, said


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("programs")
    asked.add_argument("model")
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--tokens", type=int, default=3000)
    asked.add_argument("--budget", default="25%")
    asked.add_argument("--throttle", default="1MB/s")
    asked.add_argument("--allow", type=float, default=8, help="MiB")
    asked.add_argument("--json", metavar="F")
    given = asked.parse_args()
    command = [f"{given.programs}/moesaic-decode", "--model", given.model, "--budget", given.budget, "--throttle", given.throttle, "--prompt-ids", "5,17,42",
               "--tokens", str(given.tokens), "--context", str(given.tokens + 16), "--ignore-eos", "--quiet"]
    try:
        samples, stopped, said = sampled(command, 60 * given.minutes)
    except OSError as why:
        print(f"memory_over_time.py: {command[0]} cannot be run ({why.strerror}); build moesaic-decode first", file=sys.stderr)
        return 2
    if len(samples) < 8:
        print(f"memory_over_time.py: the decoder ended after {len(samples)} samples: {said.strip() or 'more --tokens or a lower --throttle are needed'}", file=sys.stderr)
        return 2
    quarter = len(samples) // 4
    early, late = (max(b for _, b in part) for part in (samples[quarter:2 * quarter], samples[-quarter:]))
    grown = late - early
    fine = grown <= given.allow * 2**20
    for second, amount in samples[::max(1, len(samples) // 20)]:
        print(f"{second:>8.0f} s {amount / 2**20:>10.2f} MiB")
    print(f"{samples[-1][0]:.0f} s{'' if stopped else ' (the decoder had ended)'}: grown by {grown / 2**20:.2f} MiB since the second quarter, "
          f"{'within' if fine else 'MORE than'} {given.allow:g} MiB")
    if given.json:
        part = f"{given.json}.part"
        pathlib.Path(part).write_text(json.dumps({"schema": "moesaic.memory_over_time/1", "command": command, "grown": grown, "samples": samples}) + "\n",
                                      encoding="utf-8")
        os.replace(part, given.json)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
