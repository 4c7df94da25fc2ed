# SPDX-License-Identifier: MIT
# The front door. Everything here is plain CMake: see CMakePresets.json for the same without make.

jobs := $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
release := build/release
MAKEFLAGS += --no-print-directory

help:
	@echo "moesaic: which experts of a Mixture-of-Experts model sit in fast memory, and when the others travel"
	@echo
	@echo "  make demo    decode real text with a quarter of the experts in memory, and a report (5 minutes first, then seconds)"
	@echo "  make test    build everything and run every test (20 minutes first)"
	@echo "  make bench   microbenchmarks; their JSON under build/bench/ (10 minutes)"
	@echo "  make bench-paper   what three papers report, beside what the simulator finds (5 minutes)"
	@echo "  make bench-peer    beside llama.cpp: one file, one memory limit; PEER=--small or --full (an hour; as root)"
	@echo "  make bench-ablations   each part of their systems switched off in turn, simulated and decoded (15 minutes)"
	@echo "  make bench-speculation   where drafting tokens helps and where it does not: real decoder (10 minutes; FULL=yes: an hour)"
	@echo "  make bench-lossless      ids with a draft beside ids without: every drafter, length, budget and system (hours; it may be interrupted)"
	@echo "  make docs    the documents as a site, build/docs/index.html (a minute first)"
	@echo "  make clean   remove what was built; what was installed (build/venv*) and the peer's models (build/peer) stay"
	@echo
	@echo "Missing Debian packages are installed where that is allowed, Python packages under build/venv;"
	@echo "MOESAIC_PROVIDE=no leaves both to you. Plain CMake works too: cmake --preset release."

demo: configure
	@echo "moesaic: building the decoder and the replay"
	@cmake --build $(release) -j $(jobs) --target moesaic_demo
	@sh examples/decoder/demo.sh

test: build
	@ctest --test-dir $(release) --output-on-failure --no-tests=error -j $(jobs)

bench: configure
	@echo "moesaic: building the benchmarks"
	@cmake --build $(release) -j $(jobs) --target moesaic_benchmarks
	@sh benchmarks/run.sh build/bin build/bench

bench-paper: configure
	@echo "moesaic: building the simulator"
	@cmake --build $(release) -j $(jobs) --target moesaic-simulate make_routing
	@mkdir -p build/bench
	@python3 benchmarks/papers/paper_ratios.py build/bin --json build/bench/papers.json

# Builds both programs itself, against llama.cpp's ggml. PEER=--small takes minutes, PEER=--full hours.
bench-peer: provide
	@python3 benchmarks/end_to_end/peer.py $(PEER)

bench-ablations: configure
	@echo "moesaic: building the simulator and the decoder"
	@cmake --build $(release) -j $(jobs) --target moesaic-simulate make_routing moesaic_demo
	@mkdir -p build/bench
	@python3 benchmarks/papers/ablations.py build/bin --json build/bench/ablations.json

bench-speculation: configure
	@echo "moesaic: building the decoder and the benchmark"
	@cmake --build $(release) -j $(jobs) --target moesaic-decode speculation_cells
	@python3 benchmarks/end_to_end/speculation.py build/bin $(if $(FULL),--full)

bench-lossless: configure
	@echo "moesaic: building the decoder and the benchmark"
	@cmake --build $(release) -j $(jobs) --target moesaic-decode lossless_runs
	@python3 benchmarks/end_to_end/speculation_lossless.py build/bin

docs:
	@sh cmake/docs.sh

build: configure
	@echo "moesaic: building everything on $(jobs) processors; the first time takes some minutes"
	@cmake --build $(release) -j $(jobs)

configure: provide
	@mkdir -p build
	@cmake --preset release $(CMAKE_ARGUMENTS) > build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@sed -n 's/^-- moesaic: /moesaic: /p' build/configure.log

provide:
	@sh cmake/provide.sh

clean:
	@rm -rf $(release) build/bin build/bench

.PHONY: docs help demo test bench bench-paper bench-peer bench-speculation bench-lossless bench-ablations build configure provide clean
