/** Marks a function whose plain loops are worth compiling a second time for AVX2, chosen at load time. The
 * integer and uncontracted float arithmetic gives the same bits either way. */
#ifndef DT_DATASETS_TRANSFORMS_CLONES_H
#define DT_DATASETS_TRANSFORMS_CLONES_H

/* The choice is made by code that runs before a sanitizer is set up, so it stays off there. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
#define DT_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define DT_CLONES
#endif

#endif
