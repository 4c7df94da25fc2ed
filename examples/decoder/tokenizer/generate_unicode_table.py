#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes unicode_table.inc: where in Unicode the general category changes between letter, number, punctuation, mark, symbol
and the rest.

    python3 generate_unicode_table.py > unicode_table.inc

Each entry is (first code point) * 8 + class; a class holds until the next entry. White space is not in it: the patterns of
byte-level tokenizers mean the property White_Space, a short list that the program writes out."""
import unicodedata

CLASSES = {"L": 1, "N": 2, "P": 3, "M": 4, "S": 5}

entries = []
last = None
for point in range(0x110000):
    kind = CLASSES.get(unicodedata.category(chr(point))[0], 0)
    if kind != last:
        entries.append(point * 8 + kind)
        last = kind

print("// SPDX-License-Identifier: MIT")
print(f"// Written by generate_unicode_table.py from Unicode {unicodedata.unidata_version}; {len(entries)} entries.")
for at in range(0, len(entries), 14):
    print(",".join(f"{e:#x}" for e in entries[at:at + 14]) + ",")
