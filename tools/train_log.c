#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "tools/plot.h"
#include "tools/tb_events.h"
#include "tools/train.h"

static void cell(dt_str *out, double value, int decimals)
{
    char text[DT_NUM_MAX];
    dt_format_fixed(text, value, decimals);
    dt_str_char(out, ',');
    dt_str_append(out, text);
}

/* The column's value in a row; NAN where there was no validation. */
static double value_of(const dt_train_run *run, const dt_train_row *r, int column)
{
    if (column < run->task->losses) return r->losses[column];
    return r->validated ? r->scores[column - run->task->losses] : NAN;
}

static int column_count(const dt_train_run *run)
{
    return run->task->losses + run->task->scores;
}

static dt_status write_csv(dt_train_run *run)
{
    dt_str text = {0};
    dt_str_append(&text, "epoch,time");
    for (int c = 0; c < column_count(run); c++)
        dt_str_printf(&text, ",%s", run->task->columns[c].csv);
    dt_str_append(&text, ",lr/pg0\n");
    double seconds = 0;
    for (size_t i = 0; i < run->row_count; i++) {
        const dt_train_row *r = &run->rows[i];
        seconds += r->seconds;
        dt_str_printf(&text, "%lld", (long long)r->epoch);
        cell(&text, seconds, 2);
        for (int c = 0; c < column_count(run); c++) {
            if (c < run->task->losses || r->validated)
                cell(&text, value_of(run, r, c), 5);
            else
                dt_str_char(&text, ',');
        }
        cell(&text, r->lr, 8);
        dt_str_char(&text, '\n');
    }
    dt_error *err = dt_ctx_error(run->ctx);
    char *path = dt_train_path(run, "results.csv");
    dt_status st = text.failed || !path ? dt_fail_memory(err, text.len, "results.csv")
                                        : dt_file_write_atomic(path, text.data, text.len, err);
    dt_free(path);
    dt_str_free(&text);
    return st;
}

/* The whole file is written anew each epoch: few rows, and no row twice after a resume. */
static dt_status write_events(dt_train_run *run)
{
    dt_str text = {0};
    double wall = 0;
    dt_tb_begin(&text, 0);
    for (size_t i = 0; i < run->row_count; i++) {
        const dt_train_row *r = &run->rows[i];
        wall += r->seconds;
        for (int c = 0; c < run->task->losses; c++)
            dt_tb_scalar(&text, wall, r->epoch, run->task->columns[c].csv, (float)r->losses[c]);
        dt_tb_scalar(&text, wall, r->epoch, "lr/pg0", (float)r->lr);
        for (int c = run->task->losses; c < column_count(run) && r->validated; c++)
            dt_tb_scalar(&text, wall, r->epoch, run->task->columns[c].csv, (float)value_of(run, r, c));
    }
    dt_error *err = dt_ctx_error(run->ctx);
    char *path = dt_train_path(run, "events.out.tfevents.0.dettool");
    dt_status st = text.failed || !path ? dt_fail_memory(err, text.len, "the TensorBoard events")
                                        : dt_file_write_atomic(path, text.data, text.len, err);
    dt_free(path);
    dt_str_free(&text);
    return st;
}

enum { PLOT_WIDTH = 1280, PLOT_HEIGHT = 480 };

/* values: a block of row_count for the epochs, then one for each column. */
static void plot_chart(const dt_train_run *run, int which, const double *values, dt_image *image)
{
    const dt_train_chart *chart = &run->task->charts[which];
    int color = which ? run->task->charts[0].count : 0;
    dt_curve curves[DT_TRAIN_COLUMNS];
    for (int k = 0; k < chart->count; k++) {
        int c = chart->columns[k];
        curves[k] = (dt_curve){run->task->columns[c].curve, values, values + (size_t)(c + 1) * run->row_count,
                               (int)run->row_count, dt_class_color(color + k)};
    }
    dt_plot_chart(image, which * PLOT_WIDTH / 2, 0, PLOT_WIDTH / 2, PLOT_HEIGHT, chart->title, curves,
                  chart->count, 1);
}

static dt_status write_plot(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    size_t n = run->row_count, columns = (size_t)column_count(run);
    dt_image image = {0};
    DT_TRY(dt_image_create(&image, PLOT_WIDTH, PLOT_HEIGHT, 3, err));
    memset(image.data, 255, (size_t)PLOT_WIDTH * PLOT_HEIGHT * 3);
    double *values = dt_malloc((columns + 1) * n * sizeof *values);
    if (!values) {
        dt_image_free(&image);
        return dt_fail_memory(err, n * sizeof *values, "the plot");
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = (double)run->rows[i].epoch;
        for (size_t c = 0; c < columns; c++)
            values[(c + 1) * n + i] = value_of(run, &run->rows[i], (int)c);
    }
    for (int k = 0; k < 2; k++)
        plot_chart(run, k, values, &image);
    char *path = dt_train_path(run, "results.png");
    dt_status st = path ? dt_image_save(path, &image, 0, err) : dt_fail_memory(err, 64, "a path");
    dt_free(path);
    dt_free(values);
    dt_image_free(&image);
    return st;
}

dt_status dt_train_write_logs(dt_train_run *run)
{
    DT_TRY(write_csv(run));
    DT_TRY(write_events(run));
    return write_plot(run);
}

void dt_train_print_row(const dt_train_run *run, const dt_train_row *row)
{
    dt_str text = {0};
    for (int c = 0; c < column_count(run); c++)
        if (c < run->task->losses || row->validated)
            dt_str_printf(&text, "  %s %.*f", run->task->columns[c].name, run->task->columns[c].decimals,
                          value_of(run, row, c));
    dt_cli_info("epoch %lld/%lld%s  lr %.2e  %.1f s", (long long)row->epoch, (long long)run->opts.epochs,
                text.data ? text.data : "", row->lr, row->seconds);
    dt_str_free(&text);
}
