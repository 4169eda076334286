#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli_internal.h"

static const dt_command *const commands[] = {
#define DT_COMMAND(name) &dt_cmd_##name,
#include "tools/commands.def"
#undef DT_COMMAND
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const dt_command *find_command(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    dt_suggestion s = {.typed = name};
    for (int i = 0; i < COMMAND_COUNT; i++)
        dt_suggest_offer(&s, commands[i]->name);
    if (s.best) return dt_cli_usage_error(NULL, "unknown command '%s'; did you mean %s?", name, s.best);
    return dt_cli_usage_error(NULL, "unknown command '%s'", name);
}

static void print_overview(FILE *out)
{
    fputs("Usage: dettool COMMAND [ARGUMENTS] [OPTIONS]\n\n"
          "Object detection from a folder of annotations to a trained, measured detector.\n\nCommands:\n",
          out);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n  dettool COMMAND --help   options and an example\n"
          "  dettool --version        version\n\n"
          "Options are written --key value, --key=value or key=value; -- ends them. Results go to standard "
          "output,\n"
          "messages to standard error. Exit code: 0 done, 1 the data or the check failed, 2 wrong usage.\n",
          out);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_overview(stderr);
        return DT_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("dettool " DT_VERSION);
        return DT_EXIT_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        if (argc == 2) {
            print_overview(stdout);
            return DT_EXIT_OK;
        }
        const dt_command *command = find_command(argv[2]);
        if (!command) return unknown_command(argv[2]);
        char help[] = "--help";
        return command->run(2, (char *[]){argv[2], help, NULL});
    }
    if (name[0] == '-') return dt_cli_usage_error(NULL, "unknown option %s (a command comes first)", name);
    const dt_command *command = find_command(name);
    if (!command) return unknown_command(name);
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    /* A reader that goes away (`dettool ... | head`) ends the program quietly, even where the parent process
     * passed on an ignored SIGPIPE. */
    signal(SIGPIPE, SIG_DFL);
    /* A file that may not grow is a failed write with a message, like a full disk, not the end of the
     * program. */
    signal(SIGXFSZ, SIG_IGN);
    int rc = dispatch(argc, argv);
    /* Results that did not reach the disk are a failure. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "dettool: error: the results could not be written: %s\n", strerror(errno));
        if (rc == DT_EXIT_OK) rc = DT_EXIT_FAILED;
    }
    return rc;
}
