/** What the three convolution ops share: the choice among cuDNN's algorithms, and a direct way that is always
 * there. */
#ifndef DT_CORE_CUDA_CONV_CUH
#define DT_CORE_CUDA_CONV_CUH

#include <cudnn.h>
#include <string.h>

#include "core/cuda/backend.h"

extern "C" {
#include "core/ops/nn.h"
}

static inline int64_t dt_conv_x_count(const dt_conv_geo &g)
{
    return g.n * g.c * g.h * g.w;
}

static inline int64_t dt_conv_w_count(const dt_conv_geo &g)
{
    return g.o * g.cg * g.kh * g.kw;
}

static inline int64_t dt_conv_y_count(const dt_conv_geo &g)
{
    return g.n * g.o * g.oh * g.ow;
}

/** float32, nothing empty, every count and number below 2^31: what cuDNN is asked for. All else goes the
 * direct way. */
static inline bool dt_conv_suits_cudnn(const dt_conv_geo &g, dt_dtype dtype)
{
    const int64_t limit = (int64_t)1 << 31;
    int64_t x = dt_conv_x_count(g), w = dt_conv_w_count(g), y = dt_conv_y_count(g);
    return dtype == DT_F32 && x > 0 && w > 0 && y > 0 && x < limit && w < limit && y < limit;
}

/** cuDNN's descriptors of one convolution. */
struct dt_conv_descriptors {
    cudnnTensorDescriptor_t x, y;
    cudnnFilterDescriptor_t w;
    cudnnConvolutionDescriptor_t conv;
    cudnnStatus_t status;

    dt_conv_descriptors(const dt_conv_geo &g, int tf32) : x(), y(), w(), conv(), status(CUDNN_STATUS_SUCCESS)
    {
        auto n = [](int64_t v) { return static_cast<int>(v); };
        status = cudnnCreateTensorDescriptor(&x);
        if (ok()) status = cudnnCreateTensorDescriptor(&y);
        if (ok()) status = cudnnCreateFilterDescriptor(&w);
        if (ok()) status = cudnnCreateConvolutionDescriptor(&conv);
        if (ok())
            status = cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n(g.n), n(g.c),
                                                n(g.h), n(g.w));
        if (ok())
            status = cudnnSetTensor4dDescriptor(y, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, n(g.n), n(g.o),
                                                n(g.oh), n(g.ow));
        if (ok())
            status = cudnnSetFilter4dDescriptor(w, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, n(g.o), n(g.cg),
                                                n(g.kh), n(g.kw));
        if (ok())
            status = cudnnSetConvolution2dDescriptor(conv, g.py, g.px, g.sy, g.sx, g.dy, g.dx,
                                                     CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT);
        if (ok()) status = cudnnSetConvolutionGroupCount(conv, g.groups);
        if (ok()) status = cudnnSetConvolutionMathType(conv, tf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH);
    }
    ~dt_conv_descriptors()
    {
        if (conv) cudnnDestroyConvolutionDescriptor(conv);
        if (w) cudnnDestroyFilterDescriptor(w);
        if (y) cudnnDestroyTensorDescriptor(y);
        if (x) cudnnDestroyTensorDescriptor(x);
    }
    bool ok() const { return status == CUDNN_STATUS_SUCCESS; }
    dt_conv_descriptors(const dt_conv_descriptors &) = delete;
    dt_conv_descriptors &operator=(const dt_conv_descriptors &) = delete;
};

/** True where cuDNN says that this algorithm, or the whole problem, is not for it: another way is tried then.
 */
static inline bool dt_conv_declined(cudnnStatus_t st)
{
    return CUDNN_STATUS_CATEGORY(st) == CUDNN_STATUS_NOT_SUPPORTED ||
           CUDNN_STATUS_CATEGORY(st) == CUDNN_STATUS_BAD_PARAM;
}

static inline dt_status dt_conv_fail(dt_ctx *ctx, dt_cuda *cuda, cudnnStatus_t st)
{
    if (st == CUDNN_STATUS_ALLOC_FAILED)
        return cuda->host->ctx_fail(ctx, DT_ERR_MEMORY, "%s: %s: cuDNN is out of memory", cuda->device->name,
                                    cuda->last);
    return dt_cuda_fail_library(ctx, cuda, "cuDNN", cudnnGetErrorString(st));
}

/** An algorithm that needs more is not taken. */
static const size_t dt_conv_workspace_limit = (size_t)1 << 30;

struct dt_conv_key {
    char kind[8];
    dt_conv_geo geo;
};
static_assert(sizeof(dt_conv_key) <= DT_CUDA_MEMO_KEY, "the key has to fit into the memo");

/** One try. Way: struct of one direction with
 *    algo, perf                      cuDNN's types
 *    static const char *kind()       at most 7 characters
 *    static bool exact(algo)         gives the same bits each time, and the accuracy of a plain sum
 *    advise(handle, d, count, perfs) cuDNN's heuristics, best first; returns how many in *count
 *    workspace(handle, d, algo, bytes), run(handle, d, algo, memory, bytes)
 *  Returns DT_OK with *declined set when cuDNN does not do it this way. */
template <typename Way>
static dt_status dt_conv_try(dt_ctx *ctx, dt_cuda *cuda, const Way &way, const dt_conv_descriptors &d,
                             typename Way::algo algo, bool *declined)
{
    size_t bytes = 0;
    cudnnStatus_t st = way.workspace(cuda->dnn, d, algo, &bytes);
    *declined = (st != CUDNN_STATUS_SUCCESS && dt_conv_declined(st)) || bytes > dt_conv_workspace_limit;
    if (*declined) return DT_OK;
    if (st != CUDNN_STATUS_SUCCESS) return dt_conv_fail(ctx, cuda, st);
    dt_cuda_scratch memory(ctx, cuda, bytes ? bytes : 1);
    if (!memory.ptr) return DT_ERR_MEMORY;
    st = way.run(cuda->dnn, d, algo, memory.ptr, bytes);
    *declined = st != CUDNN_STATUS_SUCCESS && dt_conv_declined(st);
    if (st == CUDNN_STATUS_SUCCESS || *declined) return DT_OK;
    return dt_conv_fail(ctx, cuda, st);
}

/** Runs the convolution with the best algorithm among the exact ones, remembered by geometry. *done is 0
 * where cuDNN declines: take the direct way. */
template <typename Way>
static dt_status dt_conv_cudnn(dt_ctx *ctx, dt_cuda *cuda, const Way &way, const dt_conv_geo &g, bool *done)
{
    enum { DECLINED = -1, MAX_ADVICE = 16 };
    *done = false;
    dt_conv_key key;
    memset(&key, 0, sizeof key);
    strcpy(key.kind, Way::kind());
    /* Field by field: padding stays zero. */
    const int64_t wide[] = {g.n, g.c, g.h, g.w, g.o, g.oh, g.ow, g.kh, g.kw, g.cg, g.og};
    const int narrow[] = {g.sy, g.sx, g.py, g.px, g.dy, g.dx, g.groups};
    static_assert(sizeof wide + sizeof narrow <= sizeof key.geo, "the whole geometry is in the key");
    memcpy(&key.geo, wide, sizeof wide);
    memcpy(reinterpret_cast<char *>(&key.geo) + sizeof wide, narrow, sizeof narrow);

    int known;
    bool found = dt_cuda_memo_find(cuda, &key, sizeof key, &known) != 0;
    if (found && known == DECLINED) return DT_OK;
    dt_conv_descriptors d(g, cuda->tf32);
    if (!d.ok()) return dt_conv_declined(d.status) ? DT_OK : dt_conv_fail(ctx, cuda, d.status);
    bool declined = true;
    if (found) {
        DT_TRY(dt_conv_try(ctx, cuda, way, d, static_cast<typename Way::algo>(known), &declined));
        *done = !declined;
        return DT_OK;
    }
    typename Way::perf advice[MAX_ADVICE];
    int count = 0;
    cudnnStatus_t st = way.advise(cuda->dnn, d, MAX_ADVICE, &count, advice);
    if (st != CUDNN_STATUS_SUCCESS && !dt_conv_declined(st)) return dt_conv_fail(ctx, cuda, st);
    if (st != CUDNN_STATUS_SUCCESS) count = 0;
    for (int i = 0; i < count && declined; i++) {
        if (advice[i].status != CUDNN_STATUS_SUCCESS || advice[i].determinism != CUDNN_DETERMINISTIC ||
            !Way::exact(advice[i].algo))
            continue;
        DT_TRY(dt_conv_try(ctx, cuda, way, d, advice[i].algo, &declined));
        if (!declined) dt_cuda_memo_put(cuda, &key, sizeof key, static_cast<int>(advice[i].algo));
    }
    if (declined) dt_cuda_memo_put(cuda, &key, sizeof key, DECLINED);
    *done = !declined;
    return DT_OK;
}

#endif
