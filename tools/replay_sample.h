/** One picture of a training as files: what the network was given, and where it came from. */
#ifndef DT_TOOLS_REPLAY_SAMPLE_H
#define DT_TOOLS_REPLAY_SAMPLE_H

#include "tools/train.h"

/** Writes DIR/NAME.png (the network's input), NAME.boxes.png (its labels drawn) and NAME.json for picture
 *  `slot` of a batch, NAME = epoch<E>_batch<B>_slot<S>; `out` gets the text of NAME.json. The PNG is exact:
 *  normalised again it gives the batch's values bit for bit, or it is DT_ERR_STATE. unproven: as
 *  dt_replay_prove says. */
dt_status dt_replay_write(const dt_train_run *run, const dt_batch *batch, int slot, const char *dir,
                          const char *unproven, dt_str *out, dt_error *err);

/** Appends what each step drew, a line a step, for a run with --transforms; nothing for others. */
dt_status dt_replay_explain(const dt_train_run *run, const dt_batch *batch, int slot, dt_str *out,
                            dt_error *err);

#endif
