/* Exact NMS on the GPU; rules and arithmetic are those of detect/nms.h, bit for bit.
 *
 * The boxes are sorted by (class, score descending, index ascending). The boxes of one class are a segment,
 * cut into tiles of TILE boxes. First, for all tiles at once: which box of a tile overlaps which later box of
 * the same tile (TILE / 8 bytes a box, so memory is linear in n). Then tile after tile, in all segments at
 * once: one warp walks the tile's boxes in order and settles which are kept; the kept ones suppress boxes of
 * all later tiles of their segment. */
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "core/cuda/strides.cuh"

extern "C" {
#include "detect/nms_block.h"
#include "detect/nms_tensor.h"
}

enum { TILE = 512, WORDS = TILE / 32 };

struct nms_info {
    int32_t segments, longest, kept;
};

/* Arrays of n elements in one scratch block; [sorted]: by class, then score; [order]: by score; [box]: as
 * given. */
struct nms_work {
    uint32_t *key, *key_sorted; /* scratch of both sorts; key_sorted ends as the class, [sorted] */
    int32_t *index;             /* 0 to n - 1, then scratch, at last the result */
    int32_t *order;             /* [order] -> box */
    int32_t *grouped;           /* [sorted] -> box */
    int32_t *head, *segment;    /* [sorted]: 1 where a segment begins; number of the segment, from 1 */
    int32_t *segment_begin;     /* n + 1: [segment] */
    int32_t *tile_kept;         /* [segment]: kept boxes of the tile that was settled last */
    float4 *box;                /* [sorted] */
    float4 *kept_box;           /* from a tile's first place on: its kept boxes */
    uint8_t *dead;              /* [sorted]: suppressed, or score NaN */
    uint8_t *keep;              /* [box] */
    uint8_t *flag;              /* [order] */
    uint32_t *mask;             /* [sorted][WORDS] */
    nms_info *info;
    void *temp; /* of cub */
    size_t temp_bytes;
};

/* Lays the arrays out from `base`; with base NULL it only counts. Returns the bytes. */
static size_t lay_out(nms_work *w, char *base, size_t n)
{
    size_t at = 0;
    auto place = [&](auto **array, size_t count) {
        *array = reinterpret_cast<decltype(*array + 0)>(base + at);
        at = (at + count * sizeof **array + 255) & ~static_cast<size_t>(255);
    };
    place(&w->key, n);
    place(&w->key_sorted, n);
    place(&w->index, n);
    place(&w->order, n);
    place(&w->grouped, n);
    place(&w->head, n);
    place(&w->segment, n);
    place(&w->segment_begin, n + 1);
    place(&w->tile_kept, n);
    place(&w->box, n);
    place(&w->kept_box, n);
    place(&w->dead, n);
    place(&w->keep, n);
    place(&w->flag, n);
    place(&w->mask, n * WORDS);
    place(&w->info, 1);
    w->temp = base + at;
    return at + w->temp_bytes;
}

/* A key whose unsigned order is the descending order of the scores; -0 and +0 are one score; NaN comes last.
 */
__global__ void score_keys(uint32_t *key, int32_t *index, const float *scores, int64_t n)
{
    for (DT_CUDA_LOOP(int64_t, i, n)) {
        float score = __fadd_rn(scores[i], 0.0f);
        uint32_t bits = __float_as_uint(score);
        key[i] = isnan(score) ? 0xffffffffu : bits & 0x80000000u ? bits : ~bits & 0x7fffffffu;
        index[i] = static_cast<int32_t>(i);
    }
}

__global__ void class_keys(uint32_t *key, const int32_t *classes, const int32_t *order, int64_t n)
{
    for (DT_CUDA_LOOP(int64_t, i, n))
        key[i] = static_cast<uint32_t>(classes[order[i]]);
}

__global__ void gather_boxes(nms_work w, const float *boxes, const float *scores, int64_t n)
{
    for (DT_CUDA_LOOP(int64_t, i, n)) {
        int64_t from = w.grouped[i];
        w.box[i] =
            make_float4(boxes[4 * from], boxes[4 * from + 1], boxes[4 * from + 2], boxes[4 * from + 3]);
        w.dead[i] = isnan(scores[from]);
        w.head[i] = i == 0 || w.key_sorted[i] != w.key_sorted[i - 1];
    }
}

__global__ void list_segments(nms_work w, int64_t n)
{
    for (DT_CUDA_LOOP(int64_t, i, n)) {
        int32_t segment = w.segment[i];
        if (w.head[i]) w.segment_begin[segment - 1] = static_cast<int32_t>(i);
        if (i == n - 1) {
            w.segment_begin[segment] = static_cast<int32_t>(n);
            w.info->segments = segment;
        }
    }
}

__global__ void find_longest(nms_work w)
{
    int64_t segments = w.info->segments;
    for (DT_CUDA_LOOP(int64_t, s, segments))
        atomicMax(&w.info->longest, w.segment_begin[s + 1] - w.segment_begin[s]);
}

/* The contract of detect/nms.h: k was kept before, c is the candidate. The intrinsics round each step and are
 * never contracted. Without overlap the quotient is 0 or NaN, which exceeds no threshold. */
static __device__ bool suppresses(float4 k, float4 c, float threshold)
{
    float left = k.x < c.x ? c.x : k.x, top = k.y < c.y ? c.y : k.y;
    float right = c.z < k.z ? c.z : k.z, bottom = c.w < k.w ? c.w : k.w;
    float w = __fsub_rn(right, left), h = __fsub_rn(bottom, top);
    if (!(w > 0 && h > 0)) return false;
    float inter = __fmul_rn(w, h);
    float area_k = __fmul_rn(__fsub_rn(k.z, k.x), __fsub_rn(k.w, k.y));
    float area_c = __fmul_rn(__fsub_rn(c.z, c.x), __fsub_rn(c.w, c.y));
    return __fdiv_rn(inter, __fsub_rn(__fadd_rn(area_k, area_c), inter)) > threshold;
}

/* Bit b of word q of row i: box i suppresses box 32 q + b of its tile, which stands behind it. */
__global__ void tile_masks(nms_work w, int64_t n, float threshold)
{
    for (DT_CUDA_LOOP(int64_t, t, n * WORDS)) {
        int64_t i = t / WORDS, segment = w.segment[i] - 1;
        int64_t begin = w.segment_begin[segment], end = w.segment_begin[segment + 1];
        int64_t tile = begin + (i - begin) / TILE * TILE, first = tile + t % WORDS * 32;
        float4 k = w.box[i];
        uint32_t bits = 0;
        for (int b = 0; b < 32; b++) {
            int64_t j = first + b;
            if (j > i && j < end && suppresses(k, w.box[j], threshold)) bits |= 1u << b;
        }
        w.mask[t] = bits;
    }
}

/* One block a segment: settles its tile number `step`. */
__global__ void settle_tile(nms_work w, int step)
{
    __shared__ uint32_t mask[TILE * WORDS];
    int segment = static_cast<int>(blockIdx.x);
    int64_t begin = w.segment_begin[segment] + static_cast<int64_t>(step) * TILE;
    int64_t rest = w.segment_begin[segment + 1] - begin;
    if (rest <= 0) return;
    int count = rest < TILE ? static_cast<int>(rest) : static_cast<int>(TILE);
    for (int k = static_cast<int>(threadIdx.x); k < count * WORDS; k += static_cast<int>(blockDim.x))
        mask[k] = w.mask[begin * WORDS + k];
    __syncthreads();
    if (threadIdx.x >= 32) return;

    const unsigned all = 0xffffffffu;
    int lane = static_cast<int>(threadIdx.x), kept = 0;
    uint32_t gone = 0; /* lane q < WORDS: boxes 32 q .. of the tile that are dead or not there */
    for (int b = 0; b < 32 && lane < WORDS; b++) {
        int j = 32 * lane + b;
        if (j >= count || w.dead[begin + j]) gone |= 1u << b;
    }
    for (int q = 0; 32 * q < count; q++) {
        int j = 32 * q + lane;
        uint32_t now = __shfl_sync(all, gone, q), row = j < count ? mask[j * WORDS + q] : 0;
        for (int b = 0; b < 32; b++) {
            uint32_t hit = __shfl_sync(all, row, b);
            if (!(now >> b & 1)) now |= hit; /* a row has no bits at or before its own */
        }
        uint32_t keep = ~now;
        if (lane > q && lane < WORDS)
            for (int b = 0; b < 32; b++)
                if (keep >> b & 1) gone |= mask[(32 * q + b) * WORDS + lane];
        if (keep >> lane & 1) {
            w.kept_box[begin + kept + __popc(keep & ((1u << lane) - 1))] = w.box[begin + j];
            w.keep[w.grouped[begin + j]] = 1;
        }
        kept += __popc(keep);
    }
    if (lane == 0) w.tile_kept[segment] = kept;
}

/* The boxes that tile number `step` kept, against all boxes behind it in the segment. */
__global__ void suppress_later(nms_work w, int64_t n, int step, float threshold)
{
    for (DT_CUDA_LOOP(int64_t, i, n)) {
        int64_t segment = w.segment[i] - 1,
                tile = w.segment_begin[segment] + static_cast<int64_t>(step) * TILE;
        if (i < tile + TILE || w.dead[i]) continue;
        float4 c = w.box[i];
        int kept = w.tile_kept[segment];
        for (int k = 0; k < kept; k++)
            if (suppresses(w.kept_box[tile + k], c, threshold)) {
                w.dead[i] = 1;
                break;
            }
    }
}

__global__ void flag_kept(nms_work w, int64_t n)
{
    for (DT_CUDA_LOOP(int64_t, i, n))
        w.flag[i] = w.keep[w.order[i]];
}

/* Each step in its turn; the first failure ends it. */
#define STEP(call)                                                                                           \
    do {                                                                                                     \
        cudaError_t step_error_ = (call);                                                                    \
        if (step_error_ == cudaSuccess) step_error_ = cudaGetLastError();                                    \
        if (step_error_ != cudaSuccess) return step_error_;                                                  \
    } while (0)
#define LAUNCH(kernel, count, ...)                                                                           \
    do {                                                                                                     \
        kernel<<<dt_cuda_blocks(cuda, count), DT_CUDA_THREADS, 0, cuda->stream>>>(__VA_ARGS__);              \
        STEP(cudaSuccess);                                                                                   \
    } while (0)

static cudaError_t sort_boxes(dt_cuda *cuda, nms_work *w, const float *boxes, const float *scores,
                              const int32_t *classes, int n)
{
    LAUNCH(score_keys, n, w->key, w->index, scores, n);
    STEP(cub::DeviceRadixSort::SortPairs(w->temp, w->temp_bytes, w->key, w->key_sorted, w->index, w->order, n,
                                         0, 32, cuda->stream));
    if (classes) {
        LAUNCH(class_keys, n, w->key, classes, w->order, n);
        STEP(cub::DeviceRadixSort::SortPairs(w->temp, w->temp_bytes, w->key, w->key_sorted, w->order,
                                             w->grouped, n, 0, 32, cuda->stream));
    } else {
        w->grouped = w->order;
        STEP(cudaMemsetAsync(w->key_sorted, 0, static_cast<size_t>(n) * sizeof *w->key_sorted, cuda->stream));
    }
    LAUNCH(gather_boxes, n, *w, boxes, scores, n);
    STEP(cub::DeviceScan::InclusiveSum(w->temp, w->temp_bytes, w->head, w->segment, n, cuda->stream));
    STEP(cudaMemsetAsync(w->info, 0, sizeof *w->info, cuda->stream));
    LAUNCH(list_segments, n, *w, n);
    LAUNCH(find_longest, n, *w);
    return cudaSuccess;
}

static cudaError_t suppress(dt_cuda *cuda, const nms_work &w, const nms_info &info, int n, float threshold)
{
    STEP(cudaMemsetAsync(w.keep, 0, static_cast<size_t>(n), cuda->stream));
    LAUNCH(tile_masks, static_cast<int64_t>(n) * WORDS, w, n, threshold);
    int steps = (info.longest - 1) / TILE + 1;
    for (int step = 0; step < steps; step++) {
        settle_tile<<<static_cast<unsigned>(info.segments), DT_CUDA_THREADS, 0, cuda->stream>>>(w, step);
        STEP(cudaSuccess);
        if (step + 1 < steps) LAUNCH(suppress_later, n, w, n, step, threshold);
    }
    LAUNCH(flag_kept, n, w, n);
    size_t temp_bytes = w.temp_bytes;
    STEP(cub::DeviceSelect::Flagged(w.temp, temp_bytes, w.order, w.flag, w.index, &w.info->kept, n,
                                    cuda->stream));
    return cudaSuccess;
}

/* The largest of what the calls of cub ask for. */
static cudaError_t temp_bytes(nms_work *w, int n)
{
    size_t sort = 0, scan = 0, select = 0;
    STEP(cub::DeviceRadixSort::SortPairs(NULL, sort, w->key, w->key_sorted, w->index, w->order, n));
    STEP(cub::DeviceScan::InclusiveSum(NULL, scan, w->head, w->segment, n));
    STEP(cub::DeviceSelect::Flagged(NULL, select, w->order, w->flag, w->index, &w->info->kept, n));
    w->temp_bytes = sort > scan ? sort : scan;
    if (select > w->temp_bytes) w->temp_bytes = select;
    return cudaSuccess;
}

static dt_status read_back(dt_ctx *ctx, dt_cuda *cuda, void *host, const void *from, size_t bytes)
{
    dt_error err = {};
    if (dt_cuda_copy_out(cuda->device, host, from, bytes, &err) == DT_OK) return DT_OK;
    return cuda->host->ctx_fail(ctx, err.status, "%s", err.text);
}

DT_CUDA_EXPORT dt_status dt_nms_module(dt_ctx *ctx, dt_device *device, const float *boxes,
                                       const float *scores, const int32_t *classes, int64_t n,
                                       const dt_nms_opts *opts, int32_t *keep, int64_t *kept)
{
    dt_cuda *cuda = dt_cuda_of(device);
    cuda->last = "nms";
    int count = static_cast<int>(n);
    nms_work w = {};
    cudaError_t error = cudaSetDevice(device->index);
    if (error == cudaSuccess) error = temp_bytes(&w, count);
    if (error != cudaSuccess) return dt_cuda_fail(ctx, cuda, error);
    dt_cuda_scratch scratch(ctx, cuda, lay_out(&w, NULL, static_cast<size_t>(n)));
    if (!scratch.ptr) return DT_ERR_MEMORY;
    lay_out(&w, static_cast<char *>(scratch.ptr), static_cast<size_t>(n));

    nms_info info;
    error = sort_boxes(cuda, &w, boxes, scores, opts->class_agnostic ? NULL : classes, count);
    if (error != cudaSuccess) return dt_cuda_fail(ctx, cuda, error);
    DT_TRY(read_back(ctx, cuda, &info, w.info, sizeof info));
    error = suppress(cuda, w, info, count, nms_threshold(opts->iou));
    if (error != cudaSuccess) return dt_cuda_fail(ctx, cuda, error);
    DT_TRY(read_back(ctx, cuda, &info, w.info, sizeof info));
    *kept = opts->max_det && opts->max_det < info.kept ? opts->max_det : info.kept;
    return read_back(ctx, cuda, keep, w.index, static_cast<size_t>(*kept) * sizeof *keep);
}
