#include "tools/html_text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the well-formed UTF-8 character at `at`; 0 if there is none. */
static size_t character_bytes(const unsigned char *at)
{
    size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xC2 && at[0] < 0xE0 ? 2 : (at[0] & 0xF0) == 0xE0 ? 3 : 0;
    if (at[0] >= 0xF0 && at[0] < 0xF5) n = 4;
    for (size_t i = 1; i < n; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    int overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    int surrogate = at[0] == 0xED && at[1] >= 0xA0;
    int beyond = at[0] == 0xF4 && at[1] >= 0x90;
    int control = at[0] < 0x20 || at[0] == 0x7F || (at[0] == 0xC2 && n == 2 && at[1] < 0xA0);
    return overlong || surrogate || beyond || control ? 0 : n;
}

void dt_html_text(dt_str *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        size_t n = character_bytes(at);
        const char *escaped = *at == '&'    ? "&amp;"
                              : *at == '<'  ? "&lt;"
                              : *at == '>'  ? "&gt;"
                              : *at == '"'  ? "&quot;"
                              : *at == '\'' ? "&#39;"
                              : n == 0      ? "\xEF\xBF\xBD"
                                            : NULL;
        if (escaped)
            dt_str_append(out, escaped);
        else
            dt_str_append_n(out, (const char *)at, n);
        at += n ? n : 1;
    }
}

void dt_html_data_uri(dt_str *out, const char *type, const void *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *bytes = data;
    dt_str_printf(out, "data:%s;base64,", type);
    for (size_t i = 0; i < size; i += 3) {
        size_t n = size - i < 3 ? size - i : 3;
        uint32_t v = (uint32_t)bytes[i] << 16;
        if (n > 1) v |= (uint32_t)bytes[i + 1] << 8;
        if (n > 2) v |= bytes[i + 2];
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], n > 1 ? digits[v >> 6 & 63] : '=',
                        n > 2 ? digits[v & 63] : '='};
        dt_str_append_n(out, four, 4);
    }
}

void dt_html_count(dt_str *out, size_t value)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%zu", value);
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) dt_str_char(out, ',');
        dt_str_char(out, digits[i]);
    }
}
