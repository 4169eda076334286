/* Steps that are made of steps, and those that are not steps on bytes. */
#include "datasets/transforms/transform_impl.h"

static const dt_arg apply_args[] = {DT_ARG_P("0.5", 1), {0}};

const dt_transform dt_transform_random_apply = {
    .name = "random-apply",
    .alias = "RandomApply",
    .help = "All of its steps, or none.",
    .args = apply_args,
    .flow = DT_FLOW_APPLY,
};

static const dt_arg one_of_args[] = {{.name = "weights",
                                      .type = DT_ARG_F64,
                                      .least = 1,
                                      .most = DT_ARG_VALUES,
                                      .min = 1e-6,
                                      .max = 1e6,
                                      .usual = "1",
                                      .help = "of the branches; a last one stands for all behind it"},
                                     {0}};

static dt_status one_of_check(const dt_step *s, dt_error *err)
{
    if (s->args[0].count <= s->branch_count) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "%d weights for %d branches", s->args[0].count, s->branch_count);
}

const dt_transform dt_transform_one_of = {
    .name = "one-of",
    .alias = "RandomChoice|OneOf|choice",
    .help = "The steps of one branch. An empty branch changes nothing.",
    .args = one_of_args,
    .flow = DT_FLOW_ONE_OF,
    .check = one_of_check,
};

const dt_transform dt_transform_random_order = {
    .name = "random-order",
    .alias = "RandomOrder",
    .help = "The steps of all branches, the branches in a random order.",
    .flow = DT_FLOW_ORDER,
};

const dt_transform dt_transform_to_tensor = {
    .name = "to-tensor",
    .alias = "ToTensor|ToImage|PILToTensor",
    .help = "Nothing: bytes become network values at the end in any case.",
};

static const dt_arg normalize_args[] = {{.name = "mean",
                                         .type = DT_ARG_F64,
                                         .most = 3,
                                         .whole = 1,
                                         .min = -1e3,
                                         .max = 1e3,
                                         .help = "of each channel, or one for all, of values from 0 to 1"},
                                        {.name = "std",
                                         .type = DT_ARG_F64,
                                         .most = 3,
                                         .whole = 1,
                                         .min = 1e-6,
                                         .max = 1e3,
                                         .help = "of each channel, or one for all"},
                                        {0}};

const dt_transform dt_transform_normalize = {
    .name = "normalize",
    .alias = "Normalize",
    .help = "The last step: network value = (pixel / 255 - mean) / std.",
    .args = normalize_args,
    .flow = DT_FLOW_NORMALIZE,
};
