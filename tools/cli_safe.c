#include <stdarg.h>

#include "core/mem.h"
#include "tools/cli.h"

void dt_cli_print_safe(FILE *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        int c1 = c == 0xC2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xA0;
        fputc(c < 0x20 || c == 0x7F || c1 ? '?' : c, out);
        if (c1) at++;
    }
}

void dt_cli_printf_safe(FILE *out, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, args);
    char *text = n >= 0 ? dt_malloc((size_t)n + 1) : NULL;
    if (text) {
        vsnprintf(text, (size_t)n + 1, fmt, again);
        dt_cli_print_safe(out, text);
    }
    dt_free(text);
    va_end(again);
    va_end(args);
}
