/* dettool check: the problems of a data set, for people and for CI. */
#include "tools/inspect_set.h"

static int run(int argc, char **argv);

const dt_command dt_cmd_check = {
    .name = "check",
    .usage = "dettool check PATH [options]",
    .summary = "list the problems of a data set; exit 1 if there is an error",
    .details =
        "PATH as in `dettool inspect`, of which this prints the problems alone. Nothing is written.\n"
        "--json keys: path format decoded counts rules findings, as in `dettool inspect --help`.\n"
        "Exit 0: no error (with --strict: no warning either); 1: there is one, or the set cannot be read.\n\n"
        "Example:\n"
        "  dettool check data/bccd\n"
        "  dettool check data.yaml --strict --json | jq -r '.rules[] | \"\\(.count) \\(.rule)\"'\n",
    .run = run,
};

static int run(int argc, char **argv)
{
    dt_inspect_opts o = DT_INSPECT_DEFAULTS;
    const dt_opt opts[] = {
        DT_INSPECT_OPTIONS(o),
        {"strict", NULL, DT_OPT_FLAG, &o.strict, 0, 0, NULL, NULL, "exit 1 on warnings, too"},
        {0},
    };
    const char *operands[1];
    int count, code = dt_cli_parse(&dt_cmd_check, opts, argc, argv, operands, 1, &count);
    if (code >= 0) return code;
    if (count < 1)
        return dt_cli_usage_error(&dt_cmd_check, "a data set is expected: a folder or a data.yaml");
    dt_error err = {0};
    dt_pool *pool = NULL;
    dt_inspection in = {0};
    dt_status st = dt_pool_create((int)o.jobs, &pool, &err);
    if (st == DT_OK) st = dt_inspect_set(operands[0], &o, pool, &in, &err);
    if (st == DT_OK) st = dt_inspect_print(&in, &o, 1, &err);
    int bad = in.findings.by_severity[DT_PROBLEM] || (o.strict && in.findings.by_severity[DT_WARNING]);
    dt_inspection_free(&in);
    dt_pool_destroy(pool);
    if (st != DT_OK) return dt_cli_fail(&dt_cmd_check, &err);
    return bad ? DT_EXIT_FAILED : DT_EXIT_OK;
}
