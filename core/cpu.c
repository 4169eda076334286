#include "core/cpu.h"

#include <stdlib.h>
#include <string.h>

dt_cpu_level dt_cpu_get_level(void)
{
    dt_cpu_level level = DT_CPU_BASE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) level = DT_CPU_AVX2;
    if (level == DT_CPU_AVX2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        level = DT_CPU_AVX512;
#endif
    const char *text = getenv("DT_CPU");
    if (text && strcmp(text, "base") == 0) return DT_CPU_BASE;
    if (text && strcmp(text, "avx2") == 0 && level > DT_CPU_AVX2) return DT_CPU_AVX2;
    return level;
}
