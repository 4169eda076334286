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

/* Ultralytics' column names, so that the tools around it read the file. */
static dt_status write_csv(dt_train_run *run)
{
    dt_str text = {0};
    dt_str_append(&text, "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision(B),"
                         "metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B),lr/pg0\n");
    double seconds = 0;
    for (size_t i = 0; i < run->row_count; i++) {
        const dt_train_row *r = &run->rows[i];
        seconds += r->seconds;
        dt_str_printf(&text, "%lld", (long long)r->epoch);
        cell(&text, seconds, 2);
        cell(&text, r->box, 5);
        cell(&text, r->cls, 5);
        cell(&text, r->dfl, 5);
        if (r->validated) {
            cell(&text, r->score.precision, 5);
            cell(&text, r->score.recall, 5);
            cell(&text, r->score.ap50, 5);
            cell(&text, r->score.ap, 5);
        } else {
            dt_str_append(&text, ",,,,");
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
        const struct {
            const char *tag;
            double value;
        } scalars[] = {{"train/box_loss", r->box},
                       {"train/cls_loss", r->cls},
                       {"train/dfl_loss", r->dfl},
                       {"lr/pg0", r->lr},
                       {"metrics/precision(B)", r->score.precision},
                       {"metrics/recall(B)", r->score.recall},
                       {"metrics/mAP50(B)", r->score.ap50},
                       {"metrics/mAP50-95(B)", r->score.ap}};
        size_t n = sizeof scalars / sizeof *scalars - (r->validated ? 0 : 4);
        for (size_t k = 0; k < n; k++)
            dt_tb_scalar(&text, wall, r->epoch, scalars[k].tag, (float)scalars[k].value);
    }
    dt_error *err = dt_ctx_error(run->ctx);
    char *path = dt_train_path(run, "events.out.tfevents.0.dettool");
    dt_status st = text.failed || !path ? dt_fail_memory(err, text.len, "the TensorBoard events")
                                        : dt_file_write_atomic(path, text.data, text.len, err);
    dt_free(path);
    dt_str_free(&text);
    return st;
}

enum { CURVES = 7, PLOT_WIDTH = 1280, PLOT_HEIGHT = 480 };

static dt_status write_plot(dt_train_run *run)
{
    dt_error *err = dt_ctx_error(run->ctx);
    size_t n = run->row_count;
    dt_image image = {0};
    DT_TRY(dt_image_create(&image, PLOT_WIDTH, PLOT_HEIGHT, 3, err));
    memset(image.data, 255, (size_t)PLOT_WIDTH * PLOT_HEIGHT * 3);
    double *values = dt_malloc((CURVES + 1) * n * sizeof *values);
    if (!values) {
        dt_image_free(&image);
        return dt_fail_memory(err, n * sizeof *values, "the plot");
    }
    for (size_t i = 0; i < n; i++) {
        const dt_train_row *r = &run->rows[i];
        const double row[CURVES + 1] = {(double)r->epoch,
                                        r->box,
                                        r->cls,
                                        r->dfl,
                                        r->validated ? r->score.ap50 : NAN,
                                        r->validated ? r->score.ap : NAN,
                                        r->validated ? r->score.precision : NAN,
                                        r->validated ? r->score.recall : NAN};
        for (int k = 0; k <= CURVES; k++)
            values[(size_t)k * n + i] = row[k];
    }
    static const char *const names[CURVES] = {"box", "cls", "dfl", "AP50", "AP", "precision", "recall"};
    dt_curve curves[CURVES];
    for (int k = 0; k < CURVES; k++)
        curves[k] = (dt_curve){names[k], values, values + (size_t)(k + 1) * n, (int)n, dt_class_color(k)};
    dt_plot_chart(&image, 0, 0, PLOT_WIDTH / 2, PLOT_HEIGHT, "training loss", curves, 3, 1);
    dt_plot_chart(&image, PLOT_WIDTH / 2, 0, PLOT_WIDTH / 2, PLOT_HEIGHT, "validation", curves + 3, 4, 1);
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
    char score[96] = "";
    if (row->validated)
        snprintf(score, sizeof score, "  P %.3f  R %.3f  AP50 %.4f  AP %.4f", row->score.precision,
                 row->score.recall, row->score.ap50, row->score.ap);
    dt_cli_info("epoch %lld/%lld  box %.4f  cls %.4f  dfl %.4f%s  lr %.2e  %.1f s", (long long)row->epoch,
                (long long)run->opts.epochs, row->box, row->cls, row->dfl, score, row->lr, row->seconds);
}
