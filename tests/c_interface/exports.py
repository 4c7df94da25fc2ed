# SPDX-License-Identifier: MIT
"""The shared library shows the functions of moesaic_c.h and nothing else: exports.py NM LIBRARY HEADER"""
import re
import subprocess
import sys

nm, library, header = sys.argv[1:]
with open(header, encoding="utf-8") as file:
    declared = set(re.findall(r"^MOESAIC_C_API [\w\s*]*?\b(moesaic_\w+)\(", file.read(), re.M))
shown = set()
for line in subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.splitlines():
    kind, name = line.split()[-2:]
    if kind != "A":  # the version's own name
        shown.add(name.split("@")[0])
for name in sorted(declared - shown):
    print(f"{name} is declared, and the library does not show it")
for name in sorted(shown - declared):
    print(f"{name} is shown, and the header does not declare it")
print(f"{len(declared)} functions")
sys.exit(1 if declared != shown or not declared else 0)
