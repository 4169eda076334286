/** What a step of a pipeline is: for datasets/transforms/transform_*.c only. */
#ifndef DT_DATASETS_TRANSFORMS_TRANSFORM_IMPL_H
#define DT_DATASETS_TRANSFORMS_TRANSFORM_IMPL_H

#include "datasets/transforms/augment.h"
#include "datasets/transforms/transform.h"

enum { DT_ARG_VALUES = 16, DT_ARGS = 28, DT_STEPS = 64, DT_STEP_DEPTH = 4, DT_MIX_STEPS = 4 };

typedef enum dt_arg_type { DT_ARG_F64, DT_ARG_INT, DT_ARG_BOOL, DT_ARG_CHOICE } dt_arg_type;

/** An option of a step. */
typedef struct dt_arg {
    const char *name;
    dt_arg_type type;
    int least, most;     /* values that it takes; 0, 0: one */
    int whole;           /* 1: one value, or `most`; not a number between */
    int in_order;        /* values that it takes by position where no ';' ends them; 0: `most` */
    double min, max;     /* of a number; both ends belong to the range */
    const char *choices; /* "a|b|c": the value is the number of the choice */
    const char *usual;   /* default, as it is written; NULL: the option must be given; "": it may stay open */
    const char *help;
    int chance; /* 1: probability that the step is applied at all. The pipeline draws it */
    int shown;  /* 1: in canonical text even where it is the default */
} dt_arg;

typedef struct dt_values {
    int count;
    double v[DT_ARG_VALUES];
} dt_values;

typedef struct dt_step dt_step;

/** Steps in a row. */
typedef struct dt_steps {
    dt_step *items;
    int count;
    size_t capacity;
} dt_steps;

/** What a step has drawn: its own struct in `bytes`, and the records that it takes in. */
typedef struct dt_drawn {
    int other_count;
    int64_t other[DT_AUG_SOURCES];
    _Alignas(16) unsigned char bytes[2048];
} dt_drawn;

/** `type *name`: the step's struct in a dt_drawn. */
#define DT_DRAWN(type, name, drawn)                                                                          \
    _Static_assert(sizeof(type) <= sizeof((drawn)->bytes), "dt_drawn is too small");                         \
    type *name = (type *)(void *)(drawn)->bytes
#define DT_DRAWN_CONST(type, name, drawn) const type *name = (const type *)(const void *)(drawn)->bytes

/** What a step may look at when it draws. */
typedef struct dt_draw_at {
    const dt_sample *sample;
    int64_t count; /* records to choose others from; 0: none */
    int mixing;
} dt_draw_at;

typedef enum dt_step_flow {
    DT_FLOW_STEP,      /* draw, then in_place or apply */
    DT_FLOW_APPLY,     /* random-apply: its one branch, by its chance */
    DT_FLOW_ONE_OF,    /* one of its branches */
    DT_FLOW_ORDER,     /* all of its branches in a random order */
    DT_FLOW_NORMALIZE, /* not a step on bytes */
} dt_step_flow;

typedef enum dt_step_others {
    DT_OTHERS_NONE,
    DT_OTHERS_ALWAYS, /* without others, or where it draws none, the step is left out */
    DT_OTHERS_SOME,   /* the step itself looks at dt_draw_at.mixing */
} dt_step_others;

/** A kind of step. */
typedef struct dt_transform {
    const char *name;
    const char *alias; /* "RandomHorizontalFlip|fliplr" or NULL */
    const char *help;
    const dt_arg *args; /* ended by a NULL name; NULL: none */
    dt_step_flow flow;
    dt_step_others others;
    int geometry; /* 1: moves boxes */
    /** What the table cannot say; NULL: nothing. The message needs no name of the step. */
    dt_status (*check)(const dt_step *s, dt_error *err);
    /** NULL: nothing is drawn (but for its chance). */
    void (*draw)(const dt_step *s, const dt_draw_at *at, dt_rng *rng, dt_drawn *out);
    void (*explain)(const dt_step *s, const dt_drawn *d, dt_explain *e);
    /** One of the two. in_place keeps the size; apply makes *out (used before: its memory is reused), whose
     * class, index and original size are set by the pipeline. others: as dt_drawn.other lists them, after the
     * steps before this one. */
    dt_status (*in_place)(const dt_step *s, const dt_drawn *d, dt_sample *sample, dt_error *err);
    dt_status (*apply)(const dt_step *s, const dt_drawn *d, const dt_sample *in,
                       const dt_sample *const *others, dt_sample *out, dt_error *err);
    /** From the size that goes in to the size that comes out, 0: not known. NULL: the size stays. */
    void (*size)(const dt_step *s, int *width, int *height);
    /** What may be done to a record once, in place, if the step is the first that draws; changes no result. */
    dt_status (*prepare)(const dt_step *s, dt_sample *sample, dt_error *err);
} dt_transform;

struct dt_step {
    const dt_transform *kind;
    dt_values args[DT_ARGS];
    uint64_t tag;       /* of its stream */
    dt_steps *branches; /* of a composition */
    int branch_count;
};

struct dt_transforms {
    dt_steps steps;
    int constant; /* leading steps that draw nothing */
};

/** All kinds, ended by NULL. */
extern const dt_transform *const dt_transform_kinds[];

#define DT_TRANSFORM(id) extern const dt_transform dt_transform_##id;
#include "datasets/transforms/transforms.def"
#undef DT_TRANSFORM

/* ---- for the kinds ---- */

/** Options that many kinds have. */
#define DT_ARG_P(usual_, shown_)                                                                             \
    {                                                                                                        \
        .name = "p", .type = DT_ARG_F64, .max = 1, .usual = usual_, .help = "probability", .chance = 1,      \
        .shown = shown_                                                                                      \
    }
#define DT_ARG_RULE                                                                                          \
    {                                                                                                        \
        .name = "rule", .type = DT_ARG_CHOICE, .choices = dt_box_rule_names, .usual = "ultralytics",         \
        .help = "which boxes stay"                                                                           \
    }
#define DT_ARG_FILTER(usual_)                                                                                \
    {                                                                                                        \
        .name = "filter", .type = DT_ARG_CHOICE, .choices = DT_RESIZE_FILTER_NAMES, .usual = usual_,         \
        .help = "-aa: antialiased, as Pillow and torchvision; nearest-exact, -torch: torchvision; others: "  \
                "OpenCV"                                                                                     \
    }
/** Choices in the order of dt_letterbox_mode. */
#define DT_ARG_LETTERBOX(name_, help_)                                                                       \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_CHOICE, .choices = DT_LETTERBOX_PROGRAMS, .usual = "ultralytics",      \
        .help = help_                                                                                        \
    }
#define DT_ARG_GRAY(usual_)                                                                                  \
    {                                                                                                        \
        .name = "fill", .type = DT_ARG_INT, .max = 255, .usual = usual_, .help = "gray outside the picture"  \
    }
#define DT_ARG_COLOUR(name_, usual_, help_)                                                                  \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_INT, .least = 1, .most = 3, .whole = 1, .max = 255, .usual = usual_,   \
        .help = help_                                                                                        \
    }
#define DT_ARG_SIZE(in_order_, help_)                                                                        \
    {                                                                                                        \
        .name = "size", .type = DT_ARG_INT, .least = 1, .most = 2, .in_order = in_order_, .min = 1,          \
        .max = 16384, .help = help_                                                                          \
    }
/** A range of two values. */
#define DT_ARG_SPAN(name_, min_, max_, usual_, help_)                                                        \
    {                                                                                                        \
        .name = name_, .type = DT_ARG_F64, .least = 2, .most = 2, .min = min_, .max = max_, .usual = usual_, \
        .help = help_                                                                                        \
    }

static inline double dt_step_num(const dt_step *s, int arg)
{
    return s->args[arg].v[0];
}
static inline int dt_step_int(const dt_step *s, int arg)
{
    return (int)s->args[arg].v[0];
}
/** Of DT_ARG_FILTER. */
static inline dt_resize_filter dt_step_filter(const dt_step *s, int arg)
{
    return (dt_resize_filter)dt_step_int(s, arg);
}
/** Value number i, or the last one if there are fewer. */
static inline double dt_step_nth(const dt_step *s, int arg, int i)
{
    const dt_values *a = &s->args[arg];
    return a->v[i < a->count ? i : a->count - 1];
}
/** One value v: -v..v; two: lo..hi. */
double dt_step_draw_around(const dt_step *s, int arg, dt_rng *rng);
/** One value: itself; two: U(lo, hi). */
double dt_step_draw_range(const dt_step *s, int arg, dt_rng *rng);
/** DT_ERR_ARG if two values are not in rising order. */
dt_status dt_step_check_range(const dt_step *s, int arg, dt_error *err);
/** The same for dt_step_draw_around, where one value must not be negative. */
dt_status dt_step_check_around(const dt_step *s, int arg, dt_error *err);
/** A fill of one value or one a channel, for four channels. */
void dt_step_fill(const dt_step *s, int arg, uint8_t fill[4]);
/** "size" of one value (a square) or of height, width. */
void dt_step_size(const dt_step *s, int arg, int *width, int *height);
void dt_size_unknown(const dt_step *s, int *width, int *height);
/** The rule of an option whose choices are dt_box_rule_names. */
dt_box_rule dt_step_rule(const dt_step *s, int arg);
/** Frees the branches. */
void dt_steps_free(dt_steps *steps);

/** A drawn value, for explain(). */
void dt_explain_num(dt_explain *e, const char *name, double value);
void dt_explain_int(dt_explain *e, const char *name, int64_t value);
void dt_explain_str(dt_explain *e, const char *name, const char *value);

/** For the run, in this order; e may be NULL. The step and whether its draw made it apply; the end of what it
 *  drew; the picture after it. */
void dt_explain_begin(dt_explain *e, const dt_step *s, int active);
void dt_explain_drawn_end(dt_explain *e);
void dt_explain_end(dt_explain *e, const dt_sample *now);
/** A line where a step has changed the size or the number of boxes from the given ones. */
void dt_explain_size(dt_explain *e, int width, int height, size_t boxes, const dt_sample *now);
/** Around the steps of another record. */
void dt_explain_record(dt_explain *e, int64_t index);
void dt_explain_record_end(dt_explain *e);

/** The default of an option; count 0 where it is to be left open. */
dt_status dt_arg_usual(const dt_arg *arg, dt_values *values, dt_error *err);

/** A step as canonical text. */
void dt_step_text(const dt_step *s, dt_str *out);

#endif
