#!/usr/bin/env bash
# fuzz.sh SECONDS [DOOR…]: the toolchain's libFuzzer throws bytes at every parser, or those named, for so long each, two
# at a time. What it finds lies in .build/fuzz/found and makes this fail; new inputs that reach new code are kept in
# .build/fuzz/inputs for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=$1
shift
doors=("$@")
[ ${#doors[@]} -gt 0 ] || doors=(http json chain mail)
export scratch=.build/fuzz seconds

runtime=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath" *: *"\(.*\)".*/\1/p')
# Instrumented by the compiler, linked as a library: libFuzzer's own `main` and the package manager's do not go together.
swift build --product Fuzz --scratch-path "$scratch" --sanitize address \
  -Xswiftc -O -Xswiftc -DFUZZING -Xswiftc -Xfrontend -Xswiftc -sanitize=fuzzer \
  -Xlinker "$runtime/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a" -Xlinker -lstdc++ -Xlinker -lm \
  2>&1 | { grep -v "Cannot export local symbol '__asan" || true; }

run() {
  local door=$1 kept=Tests/Corpora/fuzz log=$scratch/$1.log more=()
  [ "$door" != chain ] || more=(Tests/Corpora/{chains,segments}/{valid,broken})
  mkdir -p "$scratch/inputs/$door" "$scratch/found"
  # A trap is for libFuzzer to report, not for the Swift runtime; what is made once and kept is no leak.
  if SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 nice "$scratch/debug/Fuzz" "$door" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -dict="$kept/$door.dict" \
    -artifact_prefix="$scratch/found/$door-" "$scratch/inputs/$door" "$kept/$door" "${more[@]}" >"$log" 2>&1; then
    echo "$door: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, nothing found"
  else
    tail -40 "$log"
    echo "$door: found something, see $log and $scratch/found; .build/debug/Fuzz $door FILE runs it again"
    return 1
  fi
}
export -f run
printf '%s\n' "${doors[@]}" | xargs -P 2 -I DOOR bash -c 'run DOOR'
