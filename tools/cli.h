/** Command line of dettool: a table of commands, a table of options a command.
 *
 * Accepted: --key value, --key=value, key=value (as Ultralytics), -k value, flags without value. Unknown
 * options and commands end in exit 2 with a did-you-mean; a value that does not parse or is out of range is
 * exit 2 naming option and value. An option that was typed is never ignored: given twice with different
 * values is exit 2.
 * '_' and '-' in option names are the same; flags take =true/=false and --no-NAME; "--" ends the options. A
 * value that begins with '-' and a letter is written --key=-value, so that a forgotten value is noticed. */
#ifndef DT_TOOLS_CLI_H
#define DT_TOOLS_CLI_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/status.h"

enum { DT_EXIT_OK = 0, DT_EXIT_FAILED = 1, DT_EXIT_USAGE = 2 };

typedef enum dt_opt_kind {
    DT_OPT_FLAG,   /* int * = 1; --no-NAME sets 0 */
    DT_OPT_INT,    /* int64_t * in [min, max] */
    DT_OPT_F64,    /* double * in [min, max] */
    DT_OPT_STR,    /* const char ** (points into argv) */
    DT_OPT_CHOICE, /* const char **, one of choices "a|b|c" */
    DT_OPT_LIST,   /* dt_opt_list *: repeatable */
} dt_opt_kind;

typedef struct dt_opt_list {
    const char *items[64];
    int count;
} dt_opt_list;

typedef struct dt_opt {
    const char *name;  /* without dashes, as in "imgsz" */
    const char *alias; /* other spellings, '|' between: "img-size|i"; one letter = short option; or NULL */
    dt_opt_kind kind;
    void *value;         /* holds the default before parsing */
    double min, max;     /* both 0: no limit */
    const char *choices; /* for DT_OPT_CHOICE */
    const char *arg;     /* name of the value in --help: "N", "FILE" */
    const char *help;    /* one line; the default is added by --help itself */
} dt_opt;

typedef struct dt_command {
    const char *name;
    const char *usage;                 /* "dettool infer IMAGE|DIR... --weights FILE [options]" */
    const char *summary;               /* one line for the list of commands */
    const char *details;               /* paragraphs and an example for --help */
    int (*run)(int argc, char **argv); /* argv[0] = the command's name; returns the exit code */
} dt_command;

/** Parses argv[1..] against the table (ended by name == NULL). Operands come back in operands[0..*count).
 * Returns -1 to go on, or an exit code to leave with (help printed to stdout: 0, wrong usage printed to
 * stderr: 2). */
int dt_cli_parse(const dt_command *command, const dt_opt *opts, int argc, char **argv, const char **operands,
                 int max_operands, int *count);

/** 1 if the option was typed (after dt_cli_parse, same table). */
int dt_cli_typed(const dt_opt *opts, const char *name);

/** "dettool infer: error: ..." on stderr; returns DT_EXIT_USAGE / DT_EXIT_FAILED. */
int dt_cli_usage_error(const dt_command *command, const char *fmt, ...) DT_PRINTF(2, 3);
int dt_cli_fail(const dt_command *command, const dt_error *err);

/** Messages on stderr, prefixed with "warning: " and nothing; --quiet/--json of the command decide before
 * calling. dt_cli_mute(1) holds them back until dt_cli_mute(0): for work that is done again. */
void dt_cli_warn(const char *fmt, ...) DT_PRINTF(1, 2);
void dt_cli_info(const char *fmt, ...) DT_PRINTF(1, 2);
void dt_cli_mute(int mute);

/** Names come from files: bytes that steer a terminal are not passed on. */
void dt_cli_print_safe(FILE *out, const char *text);
/** The same of a formatted text: a line end in a name, too, comes out as '?', so that rows stay rows. */
void dt_cli_printf_safe(FILE *out, const char *fmt, ...) DT_PRINTF(2, 3);

/** Progress on stderr: a bar that redraws itself when stderr is a terminal, else a line every 10 s. */
typedef struct dt_progress {
    const char *title;
    int64_t total, done, shown_done;
    int lines; /* shown so far */
    double started, shown;
    int is_terminal;
    char note[128];
} dt_progress;
void dt_progress_begin(dt_progress *p, const char *title, int64_t total);
void dt_progress_step(dt_progress *p, int64_t done, const char *note_fmt, ...) DT_PRINTF(3, 4);
void dt_progress_end(dt_progress *p);

/** Commands: tools/cmd/<name>.c each define one `const dt_command dt_cmd_<name>`; tools/commands.def lists
 * them. */
#define DT_COMMAND(name) extern const dt_command dt_cmd_##name;
#include "tools/commands.def"
#undef DT_COMMAND

#endif
