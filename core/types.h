/** Names shared by the whole core: data types, shapes, forward declarations. */
#ifndef DT_CORE_TYPES_H
#define DT_CORE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef struct dt_ctx dt_ctx;
typedef struct dt_device dt_device;
typedef struct dt_tensor dt_tensor;
typedef struct dt_op dt_op;

enum { DT_MAX_RANK = 6 };

#define DT_BIT(n) (1u << (n))

/** X(code, name, bytes, safetensors name) */
#define DT_DTYPE_LIST(X)                                                                                     \
    X(DT_F32, "float32", 4, "F32")                                                                           \
    X(DT_F64, "float64", 8, "F64")                                                                           \
    X(DT_I32, "int32", 4, "I32")                                                                             \
    X(DT_I64, "int64", 8, "I64")                                                                             \
    X(DT_U8, "uint8", 1, "U8")                                                                               \
    X(DT_BOOL, "bool", 1, "BOOL")                                                                            \
    X(DT_F16, "float16", 2, "F16")                                                                           \
    X(DT_BF16, "bfloat16", 2, "BF16")

typedef enum dt_dtype {
#define DT_DTYPE_ENUM(code, name, bytes, st) code,
    DT_DTYPE_LIST(DT_DTYPE_ENUM)
#undef DT_DTYPE_ENUM
        DT_DTYPE_COUNT
} dt_dtype;

/** Masks for kernel slots. */
enum {
    DT_M_F32 = DT_BIT(DT_F32),
    DT_M_F64 = DT_BIT(DT_F64),
    DT_M_FLOAT = DT_BIT(DT_F32) | DT_BIT(DT_F64),
    DT_M_INT = DT_BIT(DT_I32) | DT_BIT(DT_I64) | DT_BIT(DT_U8) | DT_BIT(DT_BOOL),
    DT_M_ALL = DT_M_FLOAT | DT_M_INT,
};

const char *dt_dtype_name(dt_dtype dtype);
size_t dt_dtype_size(dt_dtype dtype);
int dt_dtype_is_float(dt_dtype dtype);

/** rank 0 is a scalar (one element). */
typedef struct dt_shape {
    int rank;
    int64_t dim[DT_MAX_RANK];
} dt_shape;

/** DT_SHAPE(2, 3, 4): a dt_shape value; DT_SCALAR for rank 0. */
#define DT_SHAPE(...) ((dt_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define DT_SCALAR     ((dt_shape){0, {0}})

int64_t dt_shape_numel(const dt_shape *shape);
int dt_shape_equal(const dt_shape *a, const dt_shape *b);

/** "(2, 3, 4)" in a caller's buffer; returns it. */
enum { DT_SHAPE_TEXT = 140 };
const char *dt_shape_text(const dt_shape *shape, char out[DT_SHAPE_TEXT]);

#endif
