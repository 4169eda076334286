#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/file.h"
#include "core/str.h"
#include "tools/cli_internal.h"

static const double BAR_INTERVAL = 0.1, LINE_INTERVAL = 10.0; /* seconds */
enum { BAR_CELLS = 24, MAX_COLUMNS = 400 };

/* A bar stands on the terminal's current line, without a newline. */
static int bar_is_shown;

void dt_progress_clear_line(void)
{
    if (bar_is_shown) fputs("\r\033[K", stderr);
    bar_is_shown = 0;
}

static int muted;

void dt_cli_mute(int mute)
{
    muted = mute;
}

static void print_message(const char *prefix, const char *fmt, va_list args)
{
    if (muted) return;
    dt_progress_clear_line();
    fputs(prefix, stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
}

void dt_cli_warn(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_message("warning: ", fmt, args);
    va_end(args);
}

void dt_cli_info(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    print_message("", fmt, args);
    va_end(args);
}

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col < MAX_COLUMNS ? size.ws_col : MAX_COLUMNS;
    return 80;
}

static void append_duration(dt_str *out, double seconds)
{
    long s = seconds < 0 ? 0 : (long)(seconds + 0.5);
    if (s >= 3600)
        dt_str_printf(out, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        dt_str_printf(out, "%ld:%02ld", s / 60, s % 60);
}

/* "title  37% [#########...............]  37/100  0:04 < 0:07  note" */
static void compose(const dt_progress *p, double now, int with_bar, dt_str *out)
{
    double elapsed = now - p->started;
    dt_str_append(out, p->title);
    if (p->total > 0) {
        int64_t done = p->done < p->total ? p->done : p->total;
        double share = (double)done / (double)p->total;
        dt_str_printf(out, " %3d%%", (int)(100 * share));
        if (with_bar) {
            dt_str_append(out, " [");
            for (int i = 0; i < BAR_CELLS; i++)
                dt_str_char(out, i < (int)(share * BAR_CELLS) ? '#' : '.');
            dt_str_char(out, ']');
        }
        dt_str_printf(out, " %lld/%lld  ", (long long)p->done, (long long)p->total);
        append_duration(out, elapsed);
        if (done > 0 && done < p->total) {
            dt_str_append(out, " < ");
            append_duration(out, elapsed * (double)(p->total - done) / (double)done);
        }
    } else {
        dt_str_printf(out, " %lld  ", (long long)p->done);
        append_duration(out, elapsed);
    }
    if (p->note[0]) dt_str_printf(out, "  %s", p->note);
}

static void show(dt_progress *p, double now, int final)
{
    dt_str line = {0};
    compose(p, now, p->is_terminal, &line);
    if (!line.failed && p->is_terminal) {
        int columns = terminal_columns() - 1;
        fprintf(stderr, "\r%.*s\033[K%s", columns, line.data, final ? "\n" : "");
        bar_is_shown = !final;
    } else if (!line.failed) {
        fprintf(stderr, "%s\n", line.data);
    }
    fflush(stderr);
    dt_str_free(&line);
    p->shown = now;
    p->shown_done = p->done;
    p->lines++;
}

void dt_progress_begin(dt_progress *p, const char *title, int64_t total)
{
    double now = dt_seconds();
    *p = (dt_progress){.title = title, .total = total, .started = now, .shown = now};
    p->is_terminal = isatty(STDERR_FILENO);
}

void dt_progress_step(dt_progress *p, int64_t done, const char *note_fmt, ...)
{
    p->done = done;
    double now = dt_seconds();
    if (now - p->shown < (p->is_terminal ? BAR_INTERVAL : LINE_INTERVAL)) return;
    if (note_fmt) {
        va_list args;
        va_start(args, note_fmt);
        vsnprintf(p->note, sizeof p->note, note_fmt, args);
        va_end(args);
    }
    show(p, now, 0);
}

void dt_progress_end(dt_progress *p)
{
    double now = dt_seconds();
    /* Work that was over before anything was shown leaves no trace. */
    if (p->is_terminal ? bar_is_shown : p->lines > 0 && p->done != p->shown_done) show(p, now, 1);
}
