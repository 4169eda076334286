/** What the files of the command line share among themselves. */
#ifndef DT_TOOLS_CLI_INTERNAL_H
#define DT_TOOLS_CLI_INTERNAL_H

#include <stdio.h>

#include "tools/cli.h"

/** Picks the candidate nearest to what was typed; offer candidates one by one. `best` is NULL unless one of
 * them is so near that a slip of the hand explains it. */
typedef struct dt_suggestion {
    const char *typed;
    const char *best;
    int distance;
} dt_suggestion;
void dt_suggest_offer(dt_suggestion *s, const char *candidate);

/** Calls use(arg, name, length) for each of the '|'-separated names; stops when it returns non-zero. */
int dt_cli_each_name(const char *names, int (*use)(void *arg, const char *name, size_t len), void *arg);

/** Usage, options with their defaults, details. The option values must still be the defaults. */
void dt_cli_print_help(const dt_command *command, const dt_opt *opts, FILE *out);

/** Takes a progress bar off the terminal line before a message is written. */
void dt_progress_clear_line(void);

#endif
