/* One picture's masks: decoding and measuring. */
#include <string.h>

#include "core/mem.h"
#include "datasets/check/masks_internal.h"
#include "datasets/check/stats.h"

/* Background against not background, over this share of the picture, is no matter of a pen's width. */
static const double DIFFERS = 0.001;

void dt_mask_look_free(dt_mask_look *look)
{
    dt_free(look->instances);
    dt_free(look->counts);
    *look = (dt_mask_look){0};
}

const dt_object *dt_mask_object(const dt_dataset *set, const dt_record *r, int number)
{
    for (size_t i = 0; i < r->count; i++)
        if (set->objects[r->first + i].index == number - 1) return &set->objects[r->first + i];
    return NULL;
}

static dt_status say_kind(const char *file, const dt_voc_mask *mask, dt_findings *findings, dt_error *err)
{
    dt_finding finding = {.severity = DT_NOTE, .rule = "mask-palette", .file = file, .object = -1};
    if (mask->from == DT_MASK_FROM_COLORS)
        return dt_findings_add(findings, &finding, err,
                               "colours in place of numbers: looked up in VOC's colour map");
    if (mask->from == DT_MASK_FROM_GRAY)
        return dt_findings_add(findings, &finding, err, "no palette: gray levels are taken as numbers");
    if (mask->odd < 0) return DT_OK;
    const uint8_t *c = mask->odd_rgb;
    int means = dt_voc_color_number(c);
    finding.severity = means >= 0 ? DT_WARNING : DT_NOTE;
    if (means < 0)
        return dt_findings_add(findings, &finding, err, "number %d is shown as %d %d %d: not VOC's palette",
                               mask->odd, c[0], c[1], c[2]);
    return dt_findings_add(findings, &finding, err,
                           "number %d has VOC's colour of number %d: was the palette put in another order?",
                           mask->odd, means);
}

/* Loads a file; *usable = 0 if it cannot be compared. */
static dt_status load(const dt_record *r, int kind, dt_voc_mask *mask, int *usable, dt_findings *findings,
                      dt_error *err)
{
    const char *file = r->masks->files[kind];
    dt_error problem = {0};
    int32_t width, height;
    *mask = (dt_voc_mask){0};
    *usable = 0;
    if (!file) return DT_OK;
    dt_status st = dt_voc_mask_load(file, mask, &problem);
    if (st == DT_ERR_MEMORY) return dt_fail(err, st, "%s", problem.text);
    dt_finding finding = {.severity = DT_PROBLEM, .file = file, .object = -1};
    if (st != DT_OK) {
        finding.rule = st == DT_ERR_UNSUPPORTED ? "mask-format" : "mask-unreadable";
        return dt_findings_add(findings, &finding, err, "%s", problem.text);
    }
    DT_TRY(say_kind(file, mask, findings, err));
    dt_record_size(r, &width, &height);
    *usable = !width || (mask->numbers.width == width && mask->numbers.height == height);
    if (*usable) return DT_OK;
    finding.rule = "mask-size";
    return dt_findings_add(findings, &finding, err, "%d x %d, but the picture is %d x %d",
                           mask->numbers.width, mask->numbers.height, width, height);
}

static dt_status keep_counts(const dt_voc_mask *mask, dt_mask_look *look, dt_error *err)
{
    size_t count = 0;
    for (int i = 0; i < DT_MASK_VOID; i++)
        count += mask->counts[i] > 0;
    look->counts = dt_calloc(count, sizeof *look->counts);
    if (!look->counts) return dt_fail_memory(err, count * sizeof *look->counts, "masks");
    for (int i = 0; i < DT_MASK_VOID; i++)
        if (mask->counts[i]) look->counts[look->count_count++] = (dt_mask_count){i, mask->counts[i]};
    look->void_pixels = mask->counts[DT_MASK_VOID];
    return DT_OK;
}

static dt_status find_instances(const dt_voc_mask *mask, dt_mask_look *look, int at[DT_MASK_NUMBERS],
                                dt_error *err)
{
    size_t count = 0;
    for (int i = 1; i < DT_MASK_VOID; i++)
        count += mask->counts[i] > 0;
    look->instances = dt_calloc(count, sizeof *look->instances);
    if (!look->instances) return dt_fail_memory(err, count * sizeof *look->instances, "masks");
    for (int i = 0; i < DT_MASK_NUMBERS; i++) {
        at[i] = -1;
        if (!mask->counts[i] || i == DT_MASK_BACKGROUND || i == DT_MASK_VOID) continue;
        at[i] = (int)look->instance_count;
        look->instances[look->instance_count++] = (dt_mask_instance){.number = i,
                                                                     .cls = -1,
                                                                     .rest = -1,
                                                                     .pixels = mask->counts[i],
                                                                     .x1 = mask->numbers.width,
                                                                     .y1 = mask->numbers.height};
    }
    const dt_image *image = &mask->numbers;
    for (int y = 0; y < image->height; y++) {
        const uint8_t *row = image->data + (size_t)y * (size_t)image->width;
        for (int x = 0; x < image->width;) {
            int from = x, number = row[x];
            while (x < image->width && row[x] == number)
                x++;
            if (at[number] < 0) continue;
            dt_mask_instance *m = &look->instances[at[number]];
            if (from < m->x1) m->x1 = from;
            if (x > m->x2) m->x2 = x;
            if (y < m->y1) m->y1 = y;
            m->y2 = y + 1;
        }
    }
    return DT_OK;
}

/* Which classes the pixels of each object have. table: (instances, 256), zeroed. */
static void weigh(dt_mask_look *look, const size_t (*table)[DT_MASK_NUMBERS])
{
    for (size_t i = 0; i < look->instance_count; i++) {
        dt_mask_instance *m = &look->instances[i];
        size_t all = 0;
        for (int n = 1; n < DT_MASK_VOID; n++) {
            all += table[i][n];
            if (table[i][n] > (m->cls < 0 ? 0 : table[i][m->cls])) m->cls = n;
        }
        if (m->cls < 0) continue;
        m->cls_pixels = table[i][m->cls];
        m->other = all - m->cls_pixels;
        for (int n = 1; n < DT_MASK_VOID; n++)
            if (n != m->cls && table[i][n] > (m->rest < 0 ? 0 : table[i][m->rest])) m->rest = n;
    }
}

/* Holds the two files of a picture against each other, pixel by pixel. */
static dt_status compare_files(const dt_record *r, const dt_voc_mask *cls, const dt_voc_mask *object,
                               dt_mask_look *look, const int at[DT_MASK_NUMBERS], dt_findings *findings,
                               dt_error *err)
{
    size_t(*table)[DT_MASK_NUMBERS] = dt_calloc(look->instance_count, sizeof *table);
    if (!table) return dt_fail_memory(err, look->instance_count * sizeof *table, "masks");
    const uint8_t *c = cls->numbers.data, *o = object->numbers.data;
    size_t count = (size_t)cls->numbers.width * (size_t)cls->numbers.height;
    size_t without_object = 0, without_class = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[o[i]] >= 0) {
            table[at[o[i]]][c[i]]++;
            without_class += c[i] == DT_MASK_BACKGROUND;
        } else {
            without_object +=
                o[i] == DT_MASK_BACKGROUND && c[i] != DT_MASK_BACKGROUND && c[i] != DT_MASK_VOID;
        }
    }
    weigh(look, (const size_t(*)[DT_MASK_NUMBERS])table);
    dt_free(table);
    if ((double)(without_object + without_class) <= DIFFERS * (double)count) return DT_OK;
    return dt_findings_add(findings,
                           &(dt_finding){.severity = DT_WARNING,
                                         .rule = "mask-differs",
                                         .file = r->masks->files[DT_MASK_OBJECT],
                                         .object = -1,
                                         .other = r->masks->files[DT_MASK_CLASS]},
                           err, "%zu pixels of a class are of no object, %zu pixels of an object of no class",
                           without_object, without_class);
}

dt_status dt_mask_look_at(const dt_record *r, dt_mask_look *look, dt_findings *findings, dt_error *err)
{
    dt_voc_mask masks[DT_MASKS];
    int at[DT_MASK_NUMBERS];
    *look = (dt_mask_look){0};
    memset(masks, 0, sizeof masks);
    dt_status st = load(r, DT_MASK_CLASS, &masks[0], &look->read[0], findings, err);
    if (st == DT_OK) st = load(r, DT_MASK_OBJECT, &masks[1], &look->read[1], findings, err);
    if (st == DT_OK && look->read[DT_MASK_CLASS]) st = keep_counts(&masks[DT_MASK_CLASS], look, err);
    if (st == DT_OK && look->read[DT_MASK_OBJECT]) st = find_instances(&masks[DT_MASK_OBJECT], look, at, err);
    /* A picture of unknown size lets both through. */
    if (st == DT_OK && look->read[0] && look->read[1] && masks[0].numbers.width == masks[1].numbers.width &&
        masks[0].numbers.height == masks[1].numbers.height)
        st = compare_files(r, &masks[0], &masks[1], look, at, findings, err);
    for (int k = 0; k < DT_MASKS; k++)
        dt_voc_mask_free(&masks[k]);
    if (st != DT_OK) dt_mask_look_free(look);
    return st;
}
