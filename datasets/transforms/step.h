/** One kind of step of a chain of transforms (transform.h), as its file describes it. Adding one: a constant dt_step_kind in
 *  step_<family>.c and a line in step_list.def. */
#ifndef DT_DATASETS_TRANSFORMS_STEP_H
#define DT_DATASETS_TRANSFORMS_STEP_H

#include "datasets/transforms/transform.h"

typedef struct dt_step_option {
    const char *name;
    int most;              /* values it takes */
    double least, largest; /* of a value */
    int whole;             /* whole numbers only */
    const char *names;     /* "a, b": a name instead of a number; its value is the index */
    const char *fallback;  /* as text; NULL: must be given; "": none */
    const char *help;
    int alone; /* without its name it takes one value, whatever `most` is */
} dt_step_option;

struct dt_step_kind {
    const char *name, *summary;
    dt_step_option options[DT_STEP_OPTIONS]; /* up to one without name */
    /** What options say about each other. NULL: nothing. */
    dt_status (*check)(const dt_step *step, dt_error *err);
    /** Size of the result; 0 where it is not known. NULL: unchanged. */
    void (*size)(const dt_step *step, int *width, int *height);
    /** One of the two: into *out, which is not `in`; or in place. `said` may be NULL. */
    dt_status (*apply)(const dt_step *step, const dt_sample *in, dt_rng *rng, dt_sample *out, dt_str *said,
                       dt_error *err);
    dt_status (*change)(const dt_step *step, dt_sample *sample, dt_rng *rng, dt_str *said, dt_error *err);
};

/** Value i of an option; the first one where it has only one. 0 if it has none. */
double dt_step_value(const dt_step *step, int option, int i);
int dt_step_count(const dt_step *step, int option);

/** All kinds, as `dettool augment --list` shows them. */
const dt_step_kind *const *dt_step_kinds(size_t *count);

/** Appends to `said`, if there is one. */
#define DT_SAY(said, ...)                                                                                    \
    do {                                                                                                     \
        if (said) dt_str_printf(said, __VA_ARGS__);                                                          \
    } while (0)

#define DT_STEP(name) extern const dt_step_kind dt_step_##name;
#include "datasets/transforms/step_list.def"
#undef DT_STEP

#endif
