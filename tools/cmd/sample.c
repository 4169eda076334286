#include "datasets/synthetic.h"
#include "tools/cli.h"

static void step(void *ctx, int64_t done)
{
    dt_progress_step(ctx, done, " ");
}

static int run(int argc, char **argv)
{
    int64_t images = 120, seed = 1;
    const char *format = "voc", *operands[1];
    const dt_opt opts[] = {
        {"images", "n", DT_OPT_INT, &images, 1, 999999, NULL, "N", "pictures to make"},
        {"seed", NULL, DT_OPT_INT, &seed, 0, 1e15, NULL, "N", "another seed gives another set"},
        {"format", NULL, DT_OPT_CHOICE, &format, 0, 0, "voc", NULL, "layout of the folder"},
        {0},
    };
    int count;
    int rc = dt_cli_parse(&dt_cmd_sample, opts, argc, argv, operands, 1, &count);
    if (rc >= 0) return rc;
    if (count != 1) return dt_cli_usage_error(&dt_cmd_sample, "one folder DST is needed");
    dt_error err = {0};
    dt_progress progress;
    dt_progress_begin(&progress, "sample", images);
    dt_status status = dt_synthetic_write_voc(operands[0], (uint64_t)seed, images, step, &progress, &err);
    dt_progress_end(&progress);
    if (status != DT_OK) return dt_cli_fail(&dt_cmd_sample, &err);
    dt_cli_info("%lld pictures with annotations in %s", (long long)images, operands[0]);
    return DT_EXIT_OK;
}

const dt_command dt_cmd_sample = {
    .name = "sample",
    .usage = "dettool sample DST [options]",
    .summary = "make a small data set of drawn shapes to try things on",
    .details = "Writes pictures of discs, squares, stars and triangles in VOC layout to DST, which must be "
               "empty or absent. The\n"
               "same seed gives the same set.\n\n"
               "Example:\n  dettool sample data/sample-voc --images 120\n"
               "  dettool convert voc2yolo data/sample-voc data/sample-yolo",
    .run = run,
};
