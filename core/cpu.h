/** Which instructions the processor has, and the way to compile a function for several of them. */
#ifndef DT_CORE_CPU_H
#define DT_CORE_CPU_H

/** Put before a function that holds simple loops: GCC compiles it for AVX-512, AVX2 and the baseline and
 *  chooses when the program starts. Contraction is off (CMakeLists.txt), so all versions round alike. Not
 *  with sanitizers: their runtime is not ready when the choice is made. The levels ask for features;
 *  arch=haswell and the like would ask for that very processor and leave every other one with the baseline. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define DT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DT_CLONES
#endif

/** For helpers of such functions: without it they stay calls in some of the versions, and the loops scalar. */
#define DT_INLINE static inline __attribute__((always_inline))

typedef enum dt_cpu_level { DT_CPU_BASE, DT_CPU_AVX2, DT_CPU_AVX512 } dt_cpu_level;

/** AVX2 means with FMA; AVX512 means F, BW, VL, DQ. DT_CPU=base|avx2|avx512 in the environment lowers it. */
dt_cpu_level dt_cpu_get_level(void);

#endif
