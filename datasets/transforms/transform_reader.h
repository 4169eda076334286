/** What the parts of the parser share: the place in the text, messages that name it, words. */
#ifndef DT_DATASETS_TRANSFORMS_TRANSFORM_READER_H
#define DT_DATASETS_TRANSFORMS_TRANSFORM_READER_H

#include "datasets/transforms/transform_impl.h"

typedef struct transform_reader {
    const char *text, *p;
    const char *file; /* NULL: from the command line */
    int number;       /* steps begun so far */
    int depth, mixing;
    const dt_step *step; /* being read, for messages */
    dt_error *err;
} transform_reader;

/* --- transform_reader.c --- */
/** DT_ERR_ARG that begins with the file, the step and the line and column of `at`. */
dt_status transform_fail_at(transform_reader *r, const char *at, const char *fmt, ...) DT_PRINTF(3, 4);

/** The closest of the names so far; one with the word in it ("erasing") is as close as a slip of one letter. */
typedef struct transform_nearest {
    const char *name;
    int distance;
    dt_str list;
} transform_nearest;

void transform_offer(transform_nearest *n, const char *name, const char *word);
/** "there is no <what> <word>; did you mean ..."; frees what *n holds. */
dt_status transform_fail_name(transform_reader *r, const char *at, const char *what, const char *word,
                              transform_nearest *n);

/** Blanks, line ends and comments. */
void transform_skip_blanks(transform_reader *r);
/** Length of the word at p; 0: none begins there. */
int transform_word_length(const char *p);
/** 1 if name, to its end or a '|', is these n bytes; '-' and '_' are the same. */
int transform_same_word(const char *name, const char *word, size_t n);
/** Position of the word in "a|b|c", or -1. */
int transform_find_choice(const char *choices, const char *word, size_t n);

enum { TRANSFORM_NAME_SHOWN = 40 };
void transform_copy_word(char out[TRANSFORM_NAME_SHOWN + 1], const char *word, int n);

/* --- transform_args.c --- */
/** 1: an option's name and '=' stand at p, the name is n bytes long. */
int transform_is_name(const char *p, int n);
/** The options of a step, up to ')' or '|'. */
dt_status transform_read_args(transform_reader *r, dt_step *s);
/** Defaults for what was not given, and the step's own check. at: where it begins. */
dt_status transform_complete_args(transform_reader *r, const char *at, dt_step *s);

#endif
