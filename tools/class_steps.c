#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/num.h"
#include "tools/class_steps.h"
#include "tools/cli.h"

static const char imagenet[] = "normalize(0.485, 0.456, 0.406; 0.229, 0.224, 0.225)",
                  cifar[] = "normalize(0.4914, 0.4822, 0.4465; 0.247, 0.2435, 0.2616)",
                  mnist[] = "normalize(0.1307, 0.1307, 0.1307; 0.3081, 0.3081, 0.3081)";

static int is_cifar_set(dt_class_format format)
{
    return format == DT_CLASSES_CIFAR10 || format == DT_CLASSES_CIFAR100;
}

/* What is done to pictures unless the user says otherwise; `values`: the last step, or nothing. */
static char *default_text(dt_class_format format, int n, int training, const char *values)
{
    const int is_cifar = is_cifar_set(format);
    const char *gap = *values ? " " : "";
    if (is_cifar && n == 32 && training)
        return dt_format("random-crop(32, padding=4) hflip(0.5)%s%s", gap, values);
    if (format != DT_CLASSES_FOLDER) return dt_format("resize(%d, %d)%s%s", n, n, gap, values);
    if (training) return dt_format("random-resized-crop(%d) hflip(0.5)%s%s", n, gap, values);
    return dt_format("resize(%d) center-crop(%d)%s%s", n * 256 / 224, n, gap, values);
}

/* The fewest digits that give the same float. */
static void add_float(dt_str *out, float value)
{
    char text[DT_NUM_MAX];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break;
    }
    dt_str_append(out, text);
}

/* The normalize step of a pipeline; "" if it has none. NULL: out of memory. */
static char *normalize_of(const dt_transforms *steps)
{
    float values[6];
    dt_str text = {0};
    if (!dt_transforms_normalize(steps, values, values + 3)) return dt_strdup("");
    dt_str_append(&text, "normalize(");
    for (int i = 0; i < 6; i++) {
        add_float(&text, values[i]);
        dt_str_append(&text, i == 2 ? "; " : i < 5 ? ", " : ")");
    }
    return dt_str_take(&text);
}

/* What is usual, with the normalize step of the other pipeline if the user gave that. */
static char *usual_text(dt_class_format format, int n, int training, const dt_transforms *other)
{
    if (!other)
        return default_text(format, n, training,
                            is_cifar_set(format)         ? cifar
                            : format == DT_CLASSES_MNIST ? mnist
                                                         : imagenet);
    char *values = normalize_of(other);
    char *text = values ? default_text(format, n, training, values) : NULL;
    dt_free(values);
    return text;
}

/* A pipeline that the user did not give. */
static dt_status make_usual(dt_class_format format, int n, int training, const dt_transforms *other,
                            char **text, dt_transforms **steps, dt_error *err)
{
    *text = usual_text(format, n, training, other);
    return *text ? dt_transforms_parse(*text, steps, err) : dt_fail_memory(err, 200, "the transforms");
}

/* A pipeline whose pictures are of another size than the network takes, if that can be told without a
 * picture. */
static dt_status check_size(const char *option, const dt_transforms *steps, int n, dt_error *err)
{
    int width, height;
    dt_transforms_size(steps, &width, &height);
    if (!width || (width == n && height == n)) return DT_OK;
    return dt_fail(err, DT_ERR_ARG, "--%s: pictures come out with %dx%d pixels, the network takes %dx%d",
                   option, width, height, n, n);
}

static dt_status check(const dt_transforms *steps, const dt_transforms *val_steps, int n, dt_error *err)
{
    float mean[2][3], std[2][3];
    dt_transforms_normalize(steps, mean[0], std[0]);
    dt_transforms_normalize(val_steps, mean[1], std[1]);
    if (memcmp(mean[0], mean[1], sizeof mean[0]) != 0 || memcmp(std[0], std[1], sizeof std[0]) != 0)
        return dt_fail(
            err, DT_ERR_ARG,
            "--transforms and --val-transforms normalize differently (%g %g %g; %g %g %g and %g %g %g; "
            "%g %g %g): the network would see other values in evaluation than in training",
            (double)mean[0][0], (double)mean[0][1], (double)mean[0][2], (double)std[0][0], (double)std[0][1],
            (double)std[0][2], (double)mean[1][0], (double)mean[1][1], (double)mean[1][2], (double)std[1][0],
            (double)std[1][1], (double)std[1][2]);
    DT_TRY(check_size("transforms", steps, n, err));
    DT_TRY(check_size("val-transforms", val_steps, n, err));
    if (!dt_transforms_mix(steps)) return DT_OK;
    return dt_fail(err, DT_ERR_ARG,
                   "--transforms: a step mixes pictures (mosaic, mixup, ...); a picture has one class here");
}

/* Scores would be those of what was drawn. */
static void warn_random(const dt_transforms *val_steps)
{
    const char *name = dt_transforms_random(val_steps);
    if (name)
        dt_cli_warn("--val-transforms: %s may draw at random; the scores depend on what it draws", name);
}

dt_status dt_class_steps_choose(dt_class_format format, int imgsz, const char *given, const char *val_given,
                                dt_transforms **steps, char **val_text, dt_error *err)
{
    dt_transforms *val_steps = NULL;
    char *text = NULL;
    dt_status st = DT_OK;
    *steps = NULL;
    *val_text = NULL;
    if (given) st = dt_transforms_parse(given, steps, err);
    if (st == DT_OK && val_given) st = dt_transforms_parse(val_given, &val_steps, err);
    if (st == DT_OK && val_given && !(*val_text = dt_strdup(val_given)))
        st = dt_fail_memory(err, strlen(val_given), "the transforms");
    if (st == DT_OK && !given) st = make_usual(format, imgsz, 1, val_steps, &text, steps, err);
    if (st == DT_OK && !val_given)
        st = make_usual(format, imgsz, 0, given ? *steps : NULL, val_text, &val_steps, err);
    if (st == DT_OK) st = check(*steps, val_steps, imgsz, err);
    if (st == DT_OK) warn_random(val_steps);
    dt_transforms_free(val_steps);
    dt_free(text);
    if (st == DT_OK) return DT_OK;
    dt_free(*val_text);
    dt_transforms_free(*steps);
    *val_text = NULL;
    *steps = NULL;
    return st;
}
