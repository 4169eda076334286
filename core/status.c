#include "core/status.h"

#include <stdio.h>
#include <string.h>

const char *dt_status_text(dt_status status)
{
    switch (status) {
#define DT_STATUS_CASE(code, text)                                                                           \
    case code:                                                                                               \
        return text;
        DT_STATUS_LIST(DT_STATUS_CASE)
#undef DT_STATUS_CASE
    }
    return "unknown status";
}

dt_status dt_failv(dt_error *err, dt_status status, const char *fmt, va_list args)
{
    if (err) {
        /* The arguments may point into err->text, so the new text is built beside it. */
        char text[DT_ERROR_TEXT_MAX];
        vsnprintf(text, sizeof text, fmt, args);
        memcpy(err->text, text, sizeof text);
        err->status = status;
    }
    return status;
}

dt_status dt_fail(dt_error *err, dt_status status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    dt_failv(err, status, fmt, args);
    va_end(args);
    return status;
}

dt_status dt_error_prefix(dt_error *err, const char *fmt, ...)
{
    if (!err) return DT_OK;
    char text[DT_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0) return err->status;
    size_t used = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    size_t left = sizeof text - used - 1;
    size_t len = strnlen(err->text, left);
    memcpy(text + used, err->text, len);
    text[used + len] = '\0';
    memcpy(err->text, text, used + len + 1);
    return err->status;
}

dt_status dt_fail_memory(dt_error *err, size_t bytes, const char *what)
{
    return dt_fail(err, DT_ERR_MEMORY, "out of memory: %zu bytes for %s", bytes, what);
}

void dt_error_clear(dt_error *err)
{
    if (err) {
        err->status = DT_OK;
        err->text[0] = '\0';
    }
}
