# SPDX-License-Identifier: MIT
# The commands of the documents' pages, one function for each block. commands_test.py runs them as they stand here, from a folder
# that looks like a clone in which everything is built.

first_policy_clone() {  # not run: this is a clone
# [first_policy_clone]
git clone "$MOESAIC_REPOSITORY" moesaic && cd moesaic
make demo
cmake --build build/release --target moesaic-simulate -j 4
# [/first_policy_clone]
}
first_policy() {
# [first_policy]
c++ -std=c++20 -O2 -shared -fPIC -I include -o lru_2.so lru_2.cpp
trace=tests/data/traces/gptoss20b_6x96.bin
build/bin/moesaic-replay   $trace --policies ./lru_2.so --eviction 'lru,lru_2,lrfu(32),belady' --capacity 25%
build/bin/moesaic-simulate $trace --policies ./lru_2.so --eviction lru_2 --capacity 25% --hardware two_core_server
build/bin/moesaic-decode   --policies ./lru_2.so --eviction lru_2 --budget 25% --timeline timeline.json \
                           --model examples/models/moesaic-demo-moe-q8_0.gguf --prompt "The cache" --tokens 64
# [/first_policy]
}
write_a_policy() {
# [write_a_policy]
c++ -std=c++20 -O2 -shared -fPIC -I include -I examples/own_policy -o libageing_lfu.so examples/own_policy/ageing_lfu_library.cpp
trace=tests/data/traces/gptoss20b_6x96.bin
build/bin/moesaic-replay   $trace --policies libageing_lfu.so --eviction lru,ageing_lfu,belady --capacity 25%
build/bin/moesaic-simulate $trace --policies libageing_lfu.so --eviction ageing_lfu --capacity 25% --hardware two_core_server
build/bin/moesaic-decode   --policies libageing_lfu.so --eviction ageing_lfu --budget 25% \
                           --model examples/models/moesaic-demo-moe-q8_0.gguf --prompt "The cache" --tokens 64
# [/write_a_policy]
}
choose_a_budget_plan() {
# [choose_a_budget_plan]
build/bin/moesaic-plan --model examples/models/moesaic-demo-moe-q8_0.gguf --memory 12MiB
# [/choose_a_budget_plan]
}
choose_a_budget_record() {
# [choose_a_budget_record]
build/bin/moesaic-decode --model examples/models/moesaic-demo-moe-q8_0.gguf --budget 25% --prompt "The cache" --tokens 64 --journal run.journal
build/bin/moesaic-replay run.journal --capacity 12.5%,25%,50%,75% --eviction 'lru,lrfu(32),belady'
# [/choose_a_budget_record]
}
read_a_timeline() {
# [read_a_timeline]
build/bin/moesaic-decode --model examples/models/moesaic-demo-moe-q8_0.gguf --budget 25% --eviction 'lrfu(32)' \
                         --prompt "The cache" --tokens 64 --timeline decode.json
build/bin/moesaic-simulate tests/data/traces/gptoss20b_6x96.bin --hardware two_core_server --capacity 25% --tokens 64 --timeline simulated.json
# [/read_a_timeline]
}
read_a_timeline_later() {
# [read_a_timeline_later]
build/bin/moesaic-decode --model examples/models/moesaic-demo-moe-q8_0.gguf --budget 25% --prompt "The cache" --tokens 64 --journal run.journal
build/bin/moesaic-trace timeline run.journal run.json
# [/read_a_timeline_later]
}
documents() {  # not run here: `bash .ci/run docs` does
# [documents]
make docs
# [/documents]
}
benchmarks_two_runs() {  # not run here: it measures
# [benchmarks_two_runs]
build/bin/bench_decision --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true --benchmark_out=before.json --benchmark_out_format=json
build/bin/bench_decision --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true --benchmark_out=after.json --benchmark_out_format=json
python3 benchmarks/compare.py before.json after.json
# [/benchmarks_two_runs]
}
benchmarks_ratios() {  # not run here: the benchmark stage of .ci/run does
# [benchmarks_ratios]
sh benchmarks/smoke.sh build/bin build/bench
sh benchmarks/smoke.sh build/bin build/bench --record
# [/benchmarks_ratios]
}
benchmarks_compile_time() {  # not run here: it measures
# [benchmarks_compile_time]
python3 benchmarks/compile_time/compile_time.py --json build/bench/compile_time.json
# [/benchmarks_compile_time]
}
benchmarks_memory() {  # not run here: it takes minutes
# [benchmarks_memory]
build/bin/steady_memory 100000000
python3 benchmarks/end_to_end/memory_over_time.py build/bin examples/models/moesaic-demo-moe-q8_0.gguf --minutes 10
# [/benchmarks_memory]
}
