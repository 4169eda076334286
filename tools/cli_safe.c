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
