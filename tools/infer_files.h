/** The pictures that a command line names: files as they are, folders with the images in them. */
#ifndef DT_TOOLS_INFER_FILES_H
#define DT_TOOLS_INFER_FILES_H

#include "core/file.h"

/** Operands to image paths in order. A file is taken whatever its name; a folder gives its images sorted by
 *  name (not those of sub-folders). A folder without an image is an error naming it, as is the first path if
 *  none is there; one that is missing among others stays in the list, so that those are done. */
dt_status dt_infer_collect(const char *const *operands, int count, dt_names *files, dt_error *err);

/** DIR/<base name> for every file, made different by "_2", "_3" where two files have the same name.
 *  `extension` replaces the file's own; with NULL that stays if it is one of an image, and is ".jpg" if it is
 *  not. */
dt_status dt_infer_targets(const dt_names *files, const char *dir, const char *extension, dt_names *targets,
                           dt_error *err);

/** DT_ERR_ARG if a target is one of the files, by whatever name, or the label file of one (in ../labels or
 *  beside it): what is read is never written over. */
dt_status dt_infer_check_targets(const dt_names *files, const dt_names *targets, dt_error *err);

#endif
