/** A folder that appears whole or not at all: everything is written into a hidden one beside it (or, where
 *  that is not possible, inside it), which takes the final name at the end. A run that was killed leaves the
 *  hidden folder alone; the next one clears it away. */
#ifndef DT_DATASETS_STAGE_H
#define DT_DATASETS_STAGE_H

#include "core/status.h"

typedef struct dt_stage {
    char *target; /* absolute path of the final folder */
    char *path;   /* of the hidden folder */
    int lock;     /* held while we write */
    int inside;   /* the hidden folder lies in the target */
    int replaces; /* the target is an earlier output */
} dt_stage;

/** Fails if the target is a folder with anything in it, unless `replace` is set (the caller has made sure
 *  that nothing in it is worth keeping); if it cannot be written; or if another run is writing to it. */
dt_status dt_stage_begin(dt_stage *stage, const char *target, int replace, dt_error *err);

/** Puts the folder in place. On failure the target is as it was. Frees the stage either way. */
dt_status dt_stage_commit(dt_stage *stage, dt_error *err);

/** Removes the hidden folder. Does nothing after a commit. */
void dt_stage_abort(dt_stage *stage);

#endif
