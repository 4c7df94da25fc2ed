#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""paper_ratios.py PROGRAMS [--only moe_speq|sp_moe|moe_spac] [--tokens N] [--seed N] [--traces FOLDER] [--json F] [--work FOLDER]

What MoE-SpeQ, SP-MoE and MoE-SpAc report against their baselines, beside what moesaic-simulate finds for the same mechanisms on
the papers' hardware and model shapes. PROGRAMS holds moesaic-simulate and make_routing. Routing is a recorded trace
where FOLDER (../shared/traces) has the model, else made up. Standard library only.

No constant belongs to a row. Each stands in CONSTANTS with where it comes from; what comes from a paper's own baseline bars says
so. Where a paper copies in another way than its baseline, both links are constants, and a further column has the ratio with the
faster one for both. Mixtral-Offloading asks the next layer's gate early, as its paper says; a column has it as a plain LRU, as its
code is. A row counts as explained if its ratio is within 15 % of the reported one.
"""
import argparse, json, lzma, pathlib, struct, subprocess, sys, tempfile

TOLERANCE = 0.15
GIB = 2**30


class Constant:
    def __init__(self, value, unit, source):
        self.value, self.unit, self.source = value, unit, source

    def json(self):
        return {"value": self.value, "unit": self.unit, "source": self.source}


# Reported: Table 3 of MoE-SpeQ gives hit rates, Fig. 13 times, of the same baseline: what is left is time that no expert's copy takes. The simulated
# baseline computes the experts it has while the others travel, so what is left of a layer is its fixed part and the kernels of the last expert.
SPEQ_COPY_MS = 17.3e6 / 12e9 * 1e3
SPEQ_LEFT = sorted(bar - 26 * 6 * (1 - hit) * SPEQ_COPY_MS for bar, hit in ((220.6, .2920), (133.8, .6113), (148.5, .5094), (102.0, .7656)))
SPEQ_LEFT_MS = (SPEQ_LEFT[1] + SPEQ_LEFT[2]) / 2 / 26
SPEQ_ACCEPTANCE = .97
# Table 4 (tokens/s): the fused draft kernel saves so much per committed token. A window drafts 16 for so many; fused, six experts' kernels take what one's do.
SPEQ_COMMITTED = sum(SPEQ_ACCEPTANCE**i for i in range(17))
SPEQ_KERNEL_MS = (1e3 / 8.88 - 1e3 / 13.02) * SPEQ_COMMITTED / 16 / 26 / (6 - 1)
# Fig. 10 of SP-MoE, seconds: AdapMoE copies asynchronously, Mixtral-Offloading one by one; if both move the same bytes, the rest is the rate.
SP_ONE_BY_ONE = 11.9
SP_BATCHED = sorted(SP_ONE_BY_ONE * one_by_one / asynchronous for one_by_one, asynchronous in
                    ((1.452, .956), (1.425, .914), (1.213, .755), (.502, .357), (.496, .345)))[2]

# Reported tokens/s of plain llama.cpp, less the layers and the device's experts: five of six experts are computed on the host.
SPAC_LAYER_MS, SPAC_ON_DEVICE, SPAC_EXPERTS = .1, .167, 48 * 8 * 9.44e6
SPAC_HOST = (1 - SPAC_ON_DEVICE) * SPAC_EXPERTS / (1 / 15.23 - 48 * SPAC_LAYER_MS / 1e3 - SPAC_ON_DEVICE * SPAC_EXPERTS / 1008e9) / 1e9

CONSTANTS = {
    "moe_speq": {
        "one_by_one": Constant(12, "GB/s", "bandwidth prior of the authors' later code (Specter) for this platform; with it Table 3's misses give Fig. 13's baseline bars"),
        "pinned": Constant(25.6, "GB/s", "MoE-SpeQ 4.1.2: pinned memory, non-blocking copies; PCIe 4.0 x16 data sheet 32 GB/s x 0.8"),
        "vram": Constant(1555, "GB/s", "A100-40GB data sheet"),
        "kernel": Constant(round(SPEQ_KERNEL_MS, 3), "ms", "MoE-SpeQ Table 4: kernels of one expert, a fifth of what the fused draft kernel saves of six"),
        "layer": Constant(round(SPEQ_LEFT_MS - SPEQ_KERNEL_MS, 3), "ms", "MoE-SpeQ: Fig. 13's four baseline bars of DeepSeek-V2-Lite less Table 3's misses x expert / link, median, / 26 layers, less a kernel"),
        "draft_layer": Constant(round(SPEQ_LEFT_MS, 3), "ms", "layer, and all experts in one kernel"),
        "acceptance": Constant(SPEQ_ACCEPTANCE, "share", "SP-MoE Table 1: DeepSeek-V2-Lite drafted by its own 4-bit copy, 97.0 %; MoE-SpeQ 4.5 says above 90 %"),
        "lengths": Constant("2/4/6/8/12/16/20/24/32", "tokens", "the authors' later code (Specter) tries these offline, and keeps the one with the best mean for a model; the paper names none"),
        "gates": Constant(.847, "share", "MoE-SpeQ Fig. 6: what a predictor finds one layer ahead; for the baseline's early gates"),
        "same_set": Constant(.909, "share", "MoE-SpeQ Fig. 6: tokens of which the draft names the whole top-k set"),
    },
    "sp_moe": {
        "one_by_one": Constant(SP_ONE_BY_ONE, "GB/s", "profile of PCIe 4.0 x16 in a reimplementation of SP-MoE (BriskMoE): single synchronous copies"),
        "batched": Constant(round(SP_BATCHED, 1), "GB/s", "SP-MoE Fig. 10: what one_by_one becomes if AdapMoE's bars are those of Mixtral-Offloading with other copies, median of five"),
        "vram": Constant(936, "GB/s", "RTX 3090 data sheet; no row is bound by it"),
        "peak": Constant(71, "TFLOP/s", "RTX 3090 data sheet, FP16 tensor cores; no row is bound by it"),
        "layer": Constant(3.65, "ms", "SP-MoE Fig. 11: DeepSeek-V2-Lite wholly resident takes 0.10 s a token; 1.97 tokens a window, a draft and a verify pass of 27 layers each"),
        "acceptance": Constant(.975, "share", "SP-MoE Table 1: 97.0 to 98.2 %"),
        "gates": Constant(.96, "share", "HOBBIT (2411.01433): the next layer's first choice, Mixtral"),
        "top_1": Constant(.88, "share", "SP-MoE: predicted experts that are right, 88 to 89 %"),
        "working_memory": Constant(1, "GB", "assumed: key-value cache and activations"),
    },
    "moe_spac": {
        "link": Constant(25.6, "GB/s", "PCIe 4.0 x16 data sheet 32 GB/s x 0.8"),
        "vram": Constant(1008, "GB/s", "RTX 4090 data sheet"),
        "peak": Constant(165, "TFLOP/s", "RTX 4090 data sheet, FP16 tensor cores"),
        "host": Constant(round(SPAC_HOST, 1), "GB/s", "MoE-SpAc's bar for plain llama.cpp, 15.23 tokens/s: 48 x 8 x 0.83 experts of 9.44 MB in 1/15.23 s, less layers and the device's experts"),
        "layer": Constant(SPAC_LAYER_MS, "ms", "attention of Qwen3-30B-A3B and launches: 38 MB of FP16 weights a layer / 1008 GB/s + 60 us of kernels, assumed"),
        "draft": Constant(6, "ms", "Qwen3-4B-FP8: 4.0e9 bytes / 1008 GB/s + 36 layers x 60 us of kernels, assumed"),
        "routing": Constant("0.2/0.75/0.1", "shares", "again, topical and topic size of made-up routing: then it has the reuse, the hottest quarter and the experts for W tokens of the recorded top-6 run"),
        "acceptance": Constant(.75, "share", "llama.cpp stops drafting below probability 0.75; the acceptance itself is not reported"),
    },
}


def model(layers, experts, top_k, expert_mb, trace=None, routing=None):
    """`routing`: what make_routing is told of a model that does not route as most do."""
    return {"layers": layers, "experts": experts, "top_k": top_k, "expert": expert_mb * 1e6, "trace": trace, "routing": routing}


MODELS = {
    "DeepSeek-V2-Lite": model(26, 64, 6, 17.3, "dsv2lite_esft_law.bin.xz"),
    "Qwen1.5-MoE-A2.7B": model(24, 60, 4, 17.3),
    "Phi-3.5-MoE": model(32, 16, 2, 157.3),
    "Mixtral-8x7B": model(32, 8, 2, 352.3),
    "Qwen3-30B-A3B": model(48, 128, 8, 9.44, routing=CONSTANTS["moe_spac"]["routing"]),
    "Qwen3-30B-A3B, top-6": model(48, 128, 6, 9.44),  # the recorded run: one text of 156 tokens, six of eight experts
}
RECORDED_TOP_6 = "qwen3_30b_a3b_k6.bin.xz"


class Simulator:
    def __init__(self, programs, traces, folder, tokens, seed=0):
        self.programs, self.traces, self.folder, self.tokens = pathlib.Path(programs), pathlib.Path(traces), pathlib.Path(folder), tokens
        self.seed = seed
        self.known = self.run(["moesaic-simulate", "--system", "list"])

    def run(self, command):
        done = subprocess.run([str(self.programs / command[0]), *map(str, command[1:])], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{command[0]} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def trace(self, name):
        m = MODELS[name]
        if m["trace"] and (self.traces / m["trace"]).exists():
            return self.traces / m["trace"], "recorded"
        path = self.folder / (name + ".bin")
        if not path.exists():
            self.run(["make_routing", m["layers"], m["experts"], m["top_k"], 8192, 1, path, *(m["routing"].value.split("/") if m["routing"] else [])])
        return path, "made up"

    def again_and_again(self, name, recorded, prompt):
        """The tokens of a recorded run behind its prompt, until there are enough. None: it is not there."""
        if not (self.traces / recorded).exists():
            return None
        raw, path = lzma.decompress((self.traces / recorded).read_bytes()), self.folder / (name + ".bin")
        layers, experts, top_k, sequences, tokens, _ = struct.unpack_from("<6I", raw, 8)
        begins = 32 + 16 * sequences
        ids = raw[begins + prompt * layers * top_k:begins + tokens * layers * top_k]
        times = -(-2 * self.tokens // (tokens - prompt))
        whole = (tokens - prompt) * times
        path.write_bytes(b"MOETRC1\0" + struct.pack("<10I", layers, experts, top_k, 1, whole, 0, 0, whole, 0, 0) + ids * times)
        return path

    def milliseconds_a_token(self, name, machine, system, capacity, extra, trace=None):
        profile = self.folder / "machine.json"
        profile.write_text(json.dumps(machine))
        trace = trace or self.trace(name)[0]
        row = json.loads(self.run(["moesaic-simulate", trace, "--hardware", profile, "--system", system, "--capacity", capacity, "--tokens", self.tokens, "--seed", self.seed,
                                   "--expert-bytes", int(MODELS[name]["expert"]), "--json", "-", "--quiet", *extra]))["rows"][0]
        if row["tokens"] < self.tokens:
            sys.exit(f"{trace} has {row['tokens']} tokens, and {self.tokens} were asked for")
        return row["seconds"] / row["tokens"] * 1e3, row


def machine(name, link, layer_ms, draft_ms, vram, peak=None, host=None, overlap=True, kernel=None):
    """A hardware profile. Kernels of a layer are a constant: engines of these papers are bound by launching them. `kernel`: what launching those of one expert takes."""
    here = lambda value, unit, of: {"value": value, "unit": unit, "source": of.source}
    if kernel:
        expert = here(kernel.value + MODELS[name]["expert"] / (vram.value * 1e6), "ms", kernel)
    else:
        expert = {"memory": vram.json(), "peak": peak.json(), "bits_per_weight": {"value": 16, "unit": "bits", "source": "FP16"}}
    return {
        "schema": "moesaic.hardware/1", "name": "paper", "about": "a machine of a paper",
        "expert_bytes": {"value": MODELS[name]["expert"], "unit": "B", "source": "3 x hidden x inner x 2 bytes"},
        "links": [{"name": "pcie", "rate": link.json(), "overhead": {"value": 10, "unit": "us", "source": "assumed: a copy's launch"},
                   "chunk": None, "demand_first": overlap}],
        "open_transfers": {"value": 8, "unit": "transfers", "source": "assumed"},
        "pass": {"value": 0, "unit": "us", "source": "in layer"},
        "layer": here(layer_ms.value, "ms", layer_ms), "context": None, "expert": expert,
        "host": None if host is None else {
            "expert": {"memory": host.json(), "peak": {"value": 2, "unit": "TFLOP/s", "source": "assumed: 16 cores with AVX-512"},
                       "bits_per_weight": {"value": 16, "unit": "bits", "source": "FP16"}}, "beside_device": False, "through_link": False},
        "draft": None if draft_ms is None else {"value": draft_ms, "unit": "ms", "source": "layers x what a layer takes"}}


def moe_speq(simulator):
    """Fig. 13: time per token against Mixtral-Offloading given the draft's memory for more slots (SM)."""
    c = CONSTANTS["moe_speq"]
    # slots per layer: Table 3 (DeepSeek), Specter's protocol (the others); the draft's 4.25 of 16 bits as slots: a quarter of the experts
    for name, rows in (("DeepSeek-V2-Lite", (("low", 6, 98.8, 133.8), ("high", 16, 72.2, 102.0))), ("Qwen1.5-MoE-A2.7B", (("low", 8, 76.0, 97.1), ("high", 15, 35.3, 74.1))),
                       ("Phi-3.5-MoE", (("low", 1, 165.4, 386.7), ("high", 2, 163.3, 295.1)))):
        m = MODELS[name]
        on = {link: machine(name, c[link], c["layer"], c["draft_layer"].value * m["layers"], c["vram"], kernel=c["kernel"]) for link in ("one_by_one", "pinned")}
        share = lambda n: f"{(n + 1e-4) / m['experts'] * 100:.6f}%"
        drafts = ["--acceptance", c["acceptance"].value, "--fidelity", round(c["same_set"].value ** (1 / m["top_k"]), 4)]
        tried = {length: [simulator.milliseconds_a_token(name, on["pinned"], "moe_speq", share(slots), ["--draft-length", length, *drafts])[0] for _, slots, _, _ in rows]
                 for length in map(int, c["lengths"].value.split("/"))}
        length = min(tried, key=lambda k: sum(tried[k]))
        for best, (memory, slots, ours, theirs) in zip(tried[length], rows):
            room, gates = share(slots + m["experts"] // 4), ["--gate-recall", c["gates"].value]
            base, _ = simulator.milliseconds_a_token(name, on["one_by_one"], "mixtral_offloading", room, gates)
            lru, _ = simulator.milliseconds_a_token(name, on["one_by_one"], "on_demand", room, [])
            same, _ = simulator.milliseconds_a_token(name, on["pinned"], "mixtral_offloading", room, gates)
            yield {"paper": "MoE-SpeQ Fig. 13", "row": f"{name}, {memory}", "against": "Mixtral-Offloading, same memory", "reported_ms": [ours, theirs],
                   "simulated_ms": [best, base], "lru_ms": lru, "same_link_ms": same, "draft_length": length, "routing": simulator.trace(name)[1]}


def sp_moe_room(name, memory_gib):
    """Bytes of whole experts that are left beside the rest of the target and the draft."""
    dense = {"Mixtral-8x7B": 3.2e9 + 14.5e9, "Phi-3.5-MoE": 3.3e9 + 15.3e9}  # target without experts, and the 16-bit draft
    expert = MODELS[name]["expert"]
    return int((memory_gib * GIB - dense[name] - CONSTANTS["sp_moe"]["working_memory"].value * 1e9) // expert * expert)


def sp_moe(simulator):
    """Fig. 10: time per token against Mixtral-Offloading with the same speculation (one drafted token)."""
    c = CONSTANTS["sp_moe"]
    for name, gpu, memory, ours, theirs in (("Mixtral-8x7B", "3090", 24, 830, 1452), ("Mixtral-8x7B", "4090", 24, 780, 1425), ("Mixtral-8x7B", "A100", 40, 684, 1213),
                                            ("Phi-3.5-MoE", "4090", 24, 302, 502), ("Phi-3.5-MoE", "3090", 24, 339, 496)):
        m = MODELS[name]
        room = sp_moe_room(name, memory)
        draft = c["layer"].value * m["layers"]
        scope = "layer" if room >= m["layers"] * m["expert"] else "global"  # their caches are per layer; one pool where that is less than a slot each
        speculating = ["--draft-length", 1, "--acceptance", c["acceptance"].value, "--fidelity", c["top_1"].value, "--scope", scope]
        on = {link: machine(name, c[link], c["layer"], draft, c["vram"], c["peak"]) for link in ("one_by_one", "batched")}
        gates = speculating + ["--gate-recall", c["gates"].value]
        base, _ = simulator.milliseconds_a_token(name, on["one_by_one"], "mixtral_offloading", f"{room}B", gates)
        lru, _ = simulator.milliseconds_a_token(name, on["one_by_one"], "on_demand", f"{room}B", speculating)
        same, _ = simulator.milliseconds_a_token(name, on["batched"], "mixtral_offloading", f"{room}B", gates)
        best, row = simulator.milliseconds_a_token(name, on["batched"], "sp_moe", f"{room}B", speculating)
        yield {"paper": "SP-MoE Fig. 10", "row": f"{name}, {gpu}", "against": f"Mixtral-Offloading, same speculation ({scope} cache)", "reported_ms": [ours, theirs],
               "simulated_ms": [best, base], "lru_ms": lru, "same_link_ms": same, "draft_length": row["draft_length"], "routing": simulator.trace(name)[1]}


def moe_spac(simulator):
    """Average tokens/s of Qwen3-30B-A3B against llama.cpp with speculation and HybriMoE, 17 % of the experts on the device."""
    c, name = CONSTANTS["moe_spac"], "Qwen3-30B-A3B"
    on = machine(name, c["link"], c["layer"], c["draft"].value, c["vram"], c["peak"], c["host"])
    speculating = ["--draft-length", 8, "--acceptance", c["acceptance"].value]
    text = simulator.again_and_again("recorded", RECORDED_TOP_6, 28)
    for which, path in ((name, None), (name + ", top-6", text)):
        if which != name and path is None:
            continue
        run = lambda system, extra: simulator.milliseconds_a_token(which, on, system, f"{SPAC_ON_DEVICE:.1%}", extra, path)
        best, row = run("moe_spac", speculating)
        for against, system, extra, theirs in (("llama.cpp with speculation", "llama_cpp_like", speculating, 17.66), ("HybriMoE", "hybrimoe", [], 12.15)):
            base, _ = run(system, extra)
            yield {"paper": "MoE-SpAc", "row": f"{which}, 4090", "against": against, "reported_ms": [1e3 / 25.06, 1e3 / theirs], "simulated_ms": [best, base], "lru_ms": None,
                   "same_link_ms": base, "draft_length": row["draft_length"], "routing": "recorded" if path else "made up", "counts": path is None}


PAPERS = {"moe_speq": (moe_speq, 4, 6), "sp_moe": (sp_moe, 3, 5), "moe_spac": (moe_spac, 1, 2)}


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("programs"); ask.add_argument("--only", choices=PAPERS); ask.add_argument("--tokens", type=int, default=4096); ask.add_argument("--seed", type=int, default=0, help="of who is accepted and foretold")
    ask.add_argument("--traces", default=str(pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "traces")); ask.add_argument("--json"); ask.add_argument("--work")
    asked = ask.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as own:
        simulator = Simulator(asked.programs, asked.traces, asked.work or own, asked.tokens, asked.seed)
        for paper in [asked.only] if asked.only else PAPERS:
            make, goal, whole = PAPERS[paper]
            print(f"\n{paper}: " + make.__doc__)
            for name, c in CONSTANTS[paper].items():
                print(f"  {name:15} {c.value:>8} {c.unit:8} {c.source}")
            print(f"  {'row':28} {'against':44} {'reported':>18} {'ratio':>6}   {'simulated':>18} {'ratio':>6} {'off':>6} {'one link':>8} {'LRU':>6} {'draft':>5}")
            explained = 0
            for row in make(simulator):
                reported, simulated = (row[k][1] / row[k][0] for k in ("reported_ms", "simulated_ms"))
                row |= {"reported": reported, "simulated": simulated, "off": simulated / reported - 1, "explained": abs(simulated / reported - 1) <= TOLERANCE}
                explained += row.setdefault("counts", True) and row["explained"]
                rows.append(row)
                lru = f"{row['lru_ms'] / row['simulated_ms'][0]:.2f}" if row["lru_ms"] else "-"
                times = lambda k: f"{row[k][0]:8.1f} {row[k][1]:9.1f}"
                print(f"  {row['row']:28} {row['against']:44} {times('reported_ms')} {reported:6.2f}   {times('simulated_ms')} {simulated:6.2f} {row['off']:+6.0%} {row['same_link_ms'] / row['simulated_ms'][0]:8.2f} {lru:>6} {row['draft_length']:5}"
                      f"{'' if row['explained'] else '  not explained'}  ({row['routing']} routing{'' if row['counts'] else ', not counted'})", flush=True)
            print(f"  {explained} of {whole} rows within {TOLERANCE:.0%}; the goal is {goal}")
    if asked.json:
        path = pathlib.Path(asked.json)
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"schema": "moesaic.paper_ratios/1", "tokens": asked.tokens,
                                    "constants": {p: {n: c.json() for n, c in of.items()} for p, of in CONSTANTS.items()}, "rows": rows}, indent=1) + "\n")
        part.replace(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
