/** Writing a set as a data-set folder with a certificate. Every command that makes a set ends here, so that
 *  each folder appears whole or not at all, says in its conversion.json what became of every object, and can
 *  be taken back with `dettool convert --undo`. */
#ifndef DT_DATASETS_TARGET_H
#define DT_DATASETS_TARGET_H

#include "core/file.h"
#include "core/str.h"
#include "datasets/set_source.h"
#include "datasets/target/fit.h"
#include "datasets/target/output.h"

typedef enum dt_image_mode { DT_IMAGES_LINK, DT_IMAGES_COPY, DT_IMAGES_NONE } dt_image_mode;

/** An option of a command, for the certificate. */
typedef struct dt_target_note {
    const char *key, *value; /* value NULL: null */
} dt_target_note;

typedef struct dt_target_opts dt_target_opts;
typedef struct dt_target_report dt_target_report;

/** Puts a set under `root`, which is empty, and lists the files. */
typedef dt_status (*dt_target_writer)(const dt_dataset *set, const dt_target_opts *opts, const char *root,
                                      dt_pool *pool, dt_output_list *files, dt_target_report *report,
                                      dt_error *err);

struct dt_target_opts {
    const char *tool;    /* name of the command: "fix" */
    const char *command; /* the command line as typed; NULL: not in the certificate */
    const dt_target_note *notes;
    size_t note_count;
    const dt_set_source *sources; /* the sets that went in */
    size_t source_count;
    const char *path;
    dt_convert_format format;
    int class_base;        /* YOLO numbers start at 0 or 1 (0 is then the background) */
    dt_yolo_layout layout; /* of a YOLO set */
    dt_voc_rule voc_rule;  /* of a VOC set; YOLO rows of a raw one have the shortest decimals */
    int new_ids; /* COCO: ids of images, annotations and categories from 1, also where a source has some */
    dt_image_mode images; /* link: symbolic links with absolute targets */
    dt_difficult difficult;
    dt_crowd crowd;
    int keep_invalid;   /* boxes outside, inverted or without area are written as they are */
    int keep_imageless; /* records whose picture is missing are written, too, where the format can hold them */
    size_t class_count; /* objects of classes from this number on are dropped; 0: all classes are written */
    dt_pool *pool;
    /* A writer of another kind of set in place of the format's. The set is not fitted then: objects are the
     * writer's matter, which counts in boxes.kept what it wrote. */
    dt_target_writer write;
    const void *write_arg;
    const char *kind; /* what it writes: "class folders" */
};

struct dt_target_report {
    size_t images;      /* written (label files) */
    size_t backgrounds; /* of them without any box */
    size_t skipped;     /* annotations that were not written: malformed, or without picture */
    dt_fit_counts boxes;
    size_t reader_dropped; /* boxes that the reader could not make out */
    size_t splits, classes;
    size_t masks_kept, masks_lost; /* pictures whose segmentation is in the new set, and is not */
    dt_findings
        findings; /* of the whole run: those of opening the sources and of the edit stand in it already */
};
void dt_target_report_free(dt_target_report *report);

/** Looks at the target before the work. DT_ERR_STATE if it is neither absent nor empty nor an earlier output
 *  in which nothing was changed; with `apart` also if it lies in a source or a source in it. */
dt_status dt_target_check(const char *path, const char *const *sources, size_t source_count, int apart,
                          dt_error *err);

/** Fits the set (datasets/target/fit.h) to pictures and format and writes it with conversion.json: command,
 *  sources, options, counts, every object that was not carried over unchanged, and the SHA-256 (or link
 *  target) of every file. The set is in pixels and is changed by fitting. On failure the target is as it was. */
dt_status dt_target_write(dt_dataset *set, const dt_target_opts *opts, dt_target_report *report,
                          dt_error *err);

/** What objects of this format may have besides class and box: bits 1 << dt_field. VOC holds `ignore` as
 * `difficult`. */
unsigned dt_format_fields(dt_convert_format format);

/** The first half of dt_target_write alone, for a dry run. */
dt_status dt_target_fit(dt_dataset *set, const dt_target_opts *opts, dt_target_report *report, dt_error *err);

/** The writers of the formats (dt_target_writer), for a fitted set. */
dt_status dt_yolo_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err);
dt_status dt_voc_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                       dt_output_list *files, dt_target_report *report, dt_error *err);
dt_status dt_coco_write(const dt_dataset *set, const dt_target_opts *opts, const char *root, dt_pool *pool,
                        dt_output_list *files, dt_target_report *report, dt_error *err);

/** Writes root/conversion.json, in which `files` are listed, and adds it to them. */
dt_status dt_certificate_write(const dt_target_opts *opts, const dt_dataset *set,
                               const dt_target_report *report, const char *root, dt_output_list *files,
                               dt_error *err);

/** The value of "tool" begins with this. */
extern const char dt_certificate_tool[];

/** Looks at a target: *replace = 0 if it is absent or empty, 1 if it is an earlier output of which no file
 *  was changed and to which none was added. Anything else is DT_ERR_STATE with a message naming the first
 *  file in the way. */
dt_status dt_certificate_check(const char *target, int *replace, dt_error *err);

typedef struct dt_undo_report {
    size_t removed; /* files and links; folders and conversion.json are not counted */
    size_t missing; /* listed, but not there any more */
    dt_names kept;  /* relative paths of listed files that were changed since */
} dt_undo_report;

/** Takes an output back: removes the files that conversion.json lists and whose content is still the one that
 *  was written, then conversion.json, then those folders of them that are empty. Files that were changed and
 *  files that the list does not have stay. Nothing outside of the target is touched: paths that lead out of
 *  it are an error, and symbolic links on the way are not followed. */
dt_status dt_convert_undo(const char *target, dt_undo_report *report, dt_error *err);
void dt_undo_report_free(dt_undo_report *report);

#endif
