/** What the writers of all formats share: names of the files of each picture, and the loop over a split. */
#ifndef DT_DATASETS_OUTPUT_SPLIT_H
#define DT_DATASETS_OUTPUT_SPLIT_H

#include "datasets/target/target.h"

/** Name of a record's files, without extension; without folder but for DT_NAMES_NESTED. */
typedef struct dt_output_name {
    const char *stem; /* NULL: the record is not written */
    int repeat;       /* the same picture and label as an earlier record of the same stem (DT_NAMES_FLAT) */
} dt_output_name;

enum {
    DT_NAMES_FLAT = 1,   /* one folder for all splits; a picture that is in two splits has one name */
    DT_NAMES_TEXT = 2,   /* UTF-8 without control characters, for lists, XML and JSON */
    DT_NAMES_NESTED = 4, /* pictures of COCO files stay in the folders that file_name has */
};

/** What the writer of the options' format and layout asks for in dt_output_names_make. */
unsigned dt_output_name_flags(const dt_target_opts *opts);

typedef struct dt_output_names {
    dt_output_name *items; /* one a record of the set */
    dt_arena texts;
} dt_output_names;

/** Chooses the names: the picture's own stem; the second "a" of a folder becomes "a_2". Records of several
 *  sources (dt_record.source): those of an earlier one keep their names, names that differ in case only count
 *  as the same between sources, and a new name is none that another record has. Records whose picture is
 *  needed and cannot be had get none. Counts images, backgrounds and skipped of the report. */
dt_status dt_output_names_make(const dt_dataset *set, const dt_target_opts *opts, unsigned flags,
                               dt_output_names *names, dt_target_report *report, dt_error *err);
void dt_output_names_free(dt_output_names *names);

/** Everything a writer of records looks at. */
typedef struct dt_output_job {
    const dt_dataset *set;
    const dt_target_opts *opts;
    const dt_output_name *names; /* one a record of the set */
    const char *root, *split;
    const char *here; /* the current folder, for links to relative paths */
} dt_output_job;

/** Writes the files of record number `record` of the set. */
typedef dt_status (*dt_output_record)(const dt_output_job *job, dt_output_list *files, size_t record,
                                      dt_error *err);

/** Calls fn for the named records of a split, in parallel; the list of files does not depend on threads. */
dt_status dt_output_each(const dt_output_job *job, const dt_split *split, dt_output_record fn, dt_pool *pool,
                         dt_output_list *files, dt_error *err);

/** Extension of the picture that is written for a record: its image's, else that of its name, else ".jpg".
 *  From COCO to COCO it is that of file_name. */
const char *dt_output_extension(const dt_target_opts *opts, const dt_record *record);

/** Puts the record's picture, if there is one and pictures are wanted, at folder/<stem><extension>. */
dt_status dt_output_picture(const dt_output_job *job, dt_output_list *files, size_t record,
                            const char *folder, dt_error *err);

#endif
