/** Whether what replay makes is what training was given. */
#ifndef DT_TOOLS_REPLAY_PROOF_H
#define DT_TOOLS_REPLAY_PROOF_H

#include "tools/train.h"

typedef struct dt_replay_proof {
    dt_batch_row *rows; /* of DIR/batches.csv */
    size_t count;
    char *path; /* of it */
    dt_train_mark mark;
    int has_hashes, has_mark;
    int same_data; /* with a mark: the data are those of the run as far as it tells */
} dt_replay_proof;

/** Reads what the run has left behind; neither need be there. Free with dt_replay_proof_free, also after a
 * failure. */
dt_status dt_replay_proof_read(const dt_train_run *run, dt_replay_proof *proof, dt_error *err);
void dt_replay_proof_free(dt_replay_proof *proof);

/** DT_ERR_STATE if the row of the batch has another hash or was another step, if the run has not come to it,
 *  or, where there is no row, the data have changed. *unproven: NULL, or why equality is likely and not
 *  proven. */
dt_status dt_replay_prove(const dt_train_run *run, const dt_replay_proof *proof, const dt_batch *batch,
                          const char **unproven, dt_error *err);

/** Compares a batch with its row; DT_ERR_STATE naming the batch and its pictures. */
dt_status dt_replay_compare(const dt_train_run *run, const dt_batch_row *row, const dt_batch *batch,
                            dt_error *err);

/** DT_ERR_STATE unless there is a row for every step that the run has made, in order, with the batch that it
 *  was: naming the first that is not there. */
dt_status dt_replay_check_rows(const dt_train_run *run, const dt_replay_proof *proof, dt_error *err);

#endif
