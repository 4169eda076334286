/** Status codes and error messages.
 *
 * Every function that can fail returns a dt_status, or NULL, and leaves a message that names the place and
 * the values. The library never prints and never exits. */
#ifndef DT_CORE_STATUS_H
#define DT_CORE_STATUS_H

#include <stdarg.h>
#include <stddef.h>

#define DT_STATUS_LIST(X)                                                                                    \
    X(DT_OK, "ok")                                                                                           \
    X(DT_ERR_MEMORY, "out of memory")                                                                        \
    X(DT_ERR_ARG, "bad argument")                                                                            \
    X(DT_ERR_SHAPE, "shapes do not fit")                                                                     \
    X(DT_ERR_DTYPE, "wrong data type")                                                                       \
    X(DT_ERR_DEVICE, "wrong or missing device")                                                              \
    X(DT_ERR_IO, "input or output failed")                                                                   \
    X(DT_ERR_FORMAT, "malformed data")                                                                       \
    X(DT_ERR_NOT_FOUND, "not found")                                                                         \
    X(DT_ERR_UNSUPPORTED, "not supported")                                                                   \
    X(DT_ERR_STATE, "not possible in this state")                                                            \
    X(DT_ERR_INTERRUPTED, "interrupted")

typedef enum dt_status {
#define DT_STATUS_ENUM(code, text) code,
    DT_STATUS_LIST(DT_STATUS_ENUM)
#undef DT_STATUS_ENUM
} dt_status;

/** Fixed text of a code, e.g. "out of memory". */
const char *dt_status_text(dt_status status);

#define DT_ERROR_TEXT_MAX 1024

/** An error slot owned by the caller: zero-initialise it, pass its address down. Fixed size, so that
 *  reporting "out of memory" never needs memory. */
typedef struct dt_error {
    dt_status status;
    char text[DT_ERROR_TEXT_MAX];
} dt_error;

#define DT_PRINTF(fmt_index, args_index) __attribute__((format(printf, fmt_index, args_index)))

/** Writes status and message into *err (err may be NULL) and returns status, so that `return dt_fail(...)`
 *  reads as one step. An earlier message is replaced. */
dt_status dt_fail(dt_error *err, dt_status status, const char *fmt, ...) DT_PRINTF(3, 4);
dt_status dt_failv(dt_error *err, dt_status status, const char *fmt, va_list args);

/** Puts context in front of the message that is there: "path: line 3: " + text. Returns err's status. */
dt_status dt_error_prefix(dt_error *err, const char *fmt, ...) DT_PRINTF(2, 3);

/** Out-of-memory message with the number of bytes and the purpose. */
dt_status dt_fail_memory(dt_error *err, size_t bytes, const char *what);

void dt_error_clear(dt_error *err);

/** Returns from the calling function with the status of `expr` unless it is DT_OK. */
#define DT_TRY(expr)                                                                                         \
    do {                                                                                                     \
        dt_status dt_try_status_ = (expr);                                                                   \
        if (dt_try_status_ != DT_OK) return dt_try_status_;                                                  \
    } while (0)

#endif
