// SPDX-License-Identifier: MIT
#pragma once

#include <ggml-cpu.h>

/// Whether this machine's ggml and C library round as those did that the known answers were made with: quantised products by
/// AVX2 code or what has the same order, sines and exponentials by glibc. Elsewhere a last bit may differ, which moves a margin
/// by 0.01 on average and by several tenths at times (docs/design/0012), so a prompt in ten may part a little above 0.05.
inline bool rounds_as_the_reference() {
#if defined(__x86_64__) && defined(__GLIBC__)
  return ggml_cpu_has_avx2() != 0 && ggml_cpu_has_fma() != 0;
#else
  return false;
#endif
}
