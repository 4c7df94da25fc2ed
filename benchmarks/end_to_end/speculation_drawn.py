# SPDX-License-Identifier: MIT
"""Tables and charts of speculation.py. Standard library only."""
import math
from html import escape

SYSTEMS = ("moe_speq", "sp_moe", "moe_spac")


def share(x):
    return "    -" if x is None else f"{x:5.0%}"


def where(c):
    return f"{c['model']}, {c['draft']} (drafts {c['drafts']}, prompt {c['prompt']}), {c['share']:g} %, compute : read {c['compute_to_read']:g}"


def print_cell(c):
    mega = 1e-6
    print(f"\n{where(c)}, {c['machine']}; {c['tokens']} tokens, simulated time; link {c['rate'] * mega:.0f} MB/s")
    print(f"memory {c['budget'] * mega:.1f} MB + {c['draft_bytes'] * mega:.1f} MB of drafter, all experts {c['expert_bytes'] * mega:.1f} MB")
    print(f"  {'':9}{'arm':28}{'tokens/s':>9}{'kB/token':>10}{'accepted':>9}{'per window':>11}{'coverage':>9}{'hits':>6}{'stalled':>8}{'drafting':>9}")
    for a in c["arms"]:
        window = "-" if a["tokens_per_window"] is None else f"{a['tokens_per_window']:.2f}"
        print(f"  {a['kind']:9}{a['arm']:28}{a['tokens_per_s']:9.1f}{a['bytes_per_token'] / 1e3:10.0f}{share(a['acceptance']):>9}{window:>11}{share(a['coverage']):>9}"
              f"{share(a['hit_ratio']):>6}{share(a['stall_share']):>8}{share(a['drafting_share']):>9}{'' if a['same_ids'] else '  OTHER IDS'}")
    print(f"  {c['best_speculating']} is {c['speculation_over_plain']:.2f} times {c['best_plain']}, the best without; governors (parts of {c['governed']}) over {c['best_fixed']}: "
          + ", ".join(f"{name} {value:.2f}" for name, value in c["governor_over_best_fixed"].items()), flush=True)


def print_real(c):
    print(f"\n{where(c)}; {c['tokens']} tokens, real time")
    if "skipped" in c:
        print(f"  skipped: {c['skipped']}")
        return
    limit = c["memory_limit"]
    print(f"  link {c['rate'] / 1e6:.0f} MB/s, computing {c['compute_s'] * 1e6:.0f} us a token; memory group {'without a limit' if limit is None else f'of {limit / 1e6:.0f} MB'}; median of {c['rounds']}, lowest, highest"
          + (f"; no limit: {c['no_limit_because']}" if c["no_limit_because"] else ""))
    for a in c["arms"]:
        if "void" in a:
            print(f"  {a['arm']:28}void: {a['void']}")
        else:
            print(f"  {a['arm']:28}{a['tokens_per_s']:9.1f}{a['lowest']:9.1f}{a['highest']:9.1f} tokens/s {a['bytes_per_token'] / 1e3:8.0f} kB/token, accepted {share(a['acceptance'])}, hits {share(a['hit_ratio'])}, "
                  f"stalled {share(a['stall_share'])}, peak " + (f"{a['memory_peak'] / 1e6:.0f} MB" if a["memory_peak"] else "not known"), flush=True)


def print_summary(done):
    cells = done["cells"]
    if not cells:
        return
    print(f"\n{len(cells)} cells in simulated time")
    best = max(cells, key=lambda c: c["speculation_over_plain"])
    print(f"  speculation wins in {sum(c['speculation_over_plain'] > 1 for c in cells)}; most in {where(best)}, {best['machine']}: {best['best_speculating']} is {best['speculation_over_plain']:.2f} times {best['best_plain']}")
    for system in SYSTEMS:
        top = max(cells, key=lambda c: c["systems_over_plain"][system])
        print(f"  {system:9} above the best without in {sum(c['systems_over_plain'][system] > 1 for c in cells):3}; most {top['systems_over_plain'][system]:.2f}: {where(top)}, {top['machine']}")
    print("  governors over the better of no draft and the best fixed length:")
    for name in cells[0]["governor_over_best_fixed"]:
        values = sorted(c["governor_over_best_fixed"][name] for c in cells)
        print(f"    {name:26} worst {values[0]:.3f}, mean {sum(values) / len(values):.3f}, below .95 in {sum(v < .95 for v in values)}")


def tint(ratio):
    """Green where drafting wins, red where it loses; pale near 1."""
    far = min(1, abs(math.log(max(ratio, 1e-3))) / math.log(2.5))
    strong = (38, 130, 66) if ratio > 1 else (178, 60, 50)
    return "#%02x%02x%02x" % tuple(round(250 + (s - 250) * far) for s in strong), "#fff" if far > .6 else "#222"


def grid(title, cells, value, note):
    """One number for each cell: drafters and prompts down, share and compute : read across."""
    rows = sorted({(c["model"], c["draft"], c["drafts"]) for c in cells}, key=lambda r: (r[0], r[1], r[2] != "well"))
    columns = sorted({(c["share"], c["compute_to_read"]) for c in cells})
    w, h, left, top = 62, 24, 210, 74
    width, height = left + w * len(columns) + 10, top + h * len(rows) + 26
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#222">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>', f'<text x="8" y="18" font-size="13" font-weight="bold">{escape(title)}</text>']
    for i, (part, ratio) in enumerate(columns):
        x = left + w * i + w / 2
        if i == 0 or columns[i - 1][0] != part:
            n = sum(c[0] == part for c in columns)
            out.append(f'<text x="{left + w * i + w * n / 2:.0f}" y="44" text-anchor="middle">{part:g} % of the experts</text>')
        out.append(f'<text x="{x:.0f}" y="64" text-anchor="middle" fill="#666">{ratio:g}</text>')
    out.append('<text x="8" y="64" fill="#666">compute : read</text>')
    for j, (model, draft, well) in enumerate(rows):
        y = top + h * j
        out.append(f'<text x="8" y="{y + 16}">{escape(model)}, {escape(draft)}, drafts {well}</text>')
        for i, (part, ratio) in enumerate(columns):
            here = [c for c in cells if (c["model"], c["draft"], c["drafts"], c["share"], c["compute_to_read"]) == (model, draft, well, part, ratio)]
            if not here:
                continue
            v = value(here[0])
            fill, ink = tint(v)
            out.append(f'<rect x="{left + w * i}" y="{y}" width="{w - 2}" height="{h - 2}" fill="{fill}"/>'
                       f'<text x="{left + w * i + w / 2 - 1:.0f}" y="{y + 16}" text-anchor="middle" fill="{ink}">{v:.2f}</text>')
    out.append(f'<text x="8" y="{height - 8}" fill="#666">{escape(note)}</text></svg>')
    return "\n".join(out) + "\n"


def scatter(title, cells):
    """What decides: bytes per token with drafts over those without, against how much faster it is."""
    points = [(next(a["bytes_per_token"] for a in c["arms"] if a["arm"] == c["best_speculating"] and a["kind"] != "plain")
               / max(1, next(a["bytes_per_token"] for a in c["arms"] if a["kind"] == "plain" and a["arm"] == c["best_plain"])), c["speculation_over_plain"], c["compute_to_read"]) for c in cells]
    size, left, top, bottom = 330, 56, 36, 44
    x_of = lambda v: left + size * math.log2(min(max(v, 1 / 8), 16) * 8) / 7
    y_of = lambda v: top + size * math.log2(8 / min(max(v, 1 / 4), 8)) / 5
    colours = {.1: "#1b6ca8", .5: "#c77d0a", 2.0: "#7a3a96"}
    width, height = left + size + 130, top + size + bottom
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#222">',
           f'<rect width="{width}" height="{height}" fill="#fff"/><text x="8" y="18" font-size="13" font-weight="bold">{escape(title)}</text>']
    for v in (.125, .25, .5, 1, 2, 4, 8, 16):
        out.append(f'<line x1="{x_of(v):.0f}" x2="{x_of(v):.0f}" y1="{top}" y2="{top + size}" stroke="{"#888" if v == 1 else "#ddd"}"/><text x="{x_of(v):.0f}" y="{top + size + 16}" text-anchor="middle">{v:g}</text>')
    for v in (.25, .5, 1, 2, 4, 8):
        out.append(f'<line x1="{left}" x2="{left + size}" y1="{y_of(v):.0f}" y2="{y_of(v):.0f}" stroke="{"#888" if v == 1 else "#ddd"}"/><text x="{left - 6}" y="{y_of(v) + 4:.0f}" text-anchor="end">{v:g}</text>')
    for x, y, ratio in points:
        out.append(f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="4" fill="{colours.get(ratio, "#444")}" fill-opacity=".75"/>')
    for i, (ratio, colour) in enumerate(colours.items()):
        out.append(f'<circle cx="{left + size + 18}" cy="{top + 34 + 18 * i}" r="4" fill="{colour}"/><text x="{left + size + 28}" y="{top + 38 + 18 * i}">{ratio:g}</text>')
    out.append(f'<text x="{left + size + 12}" y="{top + 16}" fill="#666">compute : read</text>')
    out.append(f'<text x="{left + size / 2:.0f}" y="{height - 8}" text-anchor="middle" fill="#666">bytes per token, best with drafts / best without</text>'
               f'<text x="14" y="{top + size / 2:.0f}" transform="rotate(-90 14 {top + size / 2:.0f})" text-anchor="middle" fill="#666">tokens/s, with / without</text></svg>')
    return "\n".join(out) + "\n"


def charts(done):
    """Name: SVG."""
    drawn = {}
    for machine in sorted({c["machine"] for c in done["cells"]}):
        cells = [c for c in done["cells"] if c["machine"] == machine]
        drawn[f"speculation_map_{machine}"] = grid(f"Best with drafts over best without, equal memory ({machine})", cells, lambda c: c["speculation_over_plain"],
                                                   "above 1 (green): drafting is faster")
        drawn[f"speculation_governor_{machine}"] = grid(f"Governor working_set over the better of no draft and the best fixed length ({machine})", cells,
                                                        lambda c: c["governor_over_best_fixed"]["working_set(8)"], "1: as good as the best, known beforehand")
        drawn[f"speculation_bytes_{machine}"] = scatter(f"What decides ({machine})", cells)
    return drawn
