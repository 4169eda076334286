#include <stdio.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/str.h"
#include "tools/train.h"

static void cell(dt_str *out, double value, int decimals)
{
    char text[DT_NUM_MAX];
    dt_format_fixed(text, value, decimals);
    dt_str_char(out, ',');
    dt_str_append(out, text);
}

/* Ultralytics' column names, so that the tools around it read the file. */
dt_status dt_train_write_csv(dt_train_run *run)
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

void dt_train_print_row(const dt_train_run *run, const dt_train_row *row)
{
    char score[96] = "";
    if (row->validated)
        snprintf(score, sizeof score, "  P %.3f  R %.3f  AP50 %.4f  AP %.4f", row->score.precision,
                 row->score.recall, row->score.ap50, row->score.ap);
    dt_cli_info("epoch %lld/%lld  box %.4f  cls %.4f  dfl %.4f%s  lr %.2e  %.1f s", (long long)row->epoch,
                (long long)run->opts.epochs, row->box, row->cls, row->dfl, score, row->lr, row->seconds);
}
