/** Where the time of a network goes: seconds of every op's kernels, forward and backward. */
#ifndef DT_TOOLS_OP_TIMES_H
#define DT_TOOLS_OP_TIMES_H

#include <stdio.h>

#include "core/json.h"
#include "core/op.h"

typedef enum dt_phase { DT_PHASE_FORWARD, DT_PHASE_BACKWARD, DT_PHASES } dt_phase;

/** Zero-initialise. */
typedef struct dt_op_times {
    dt_phase phase; /* to which the next kernels belong */
    double seconds[DT_OP_COUNT][DT_PHASES];
    int64_t calls[DT_OP_COUNT];
} dt_op_times;

/** A dt_op_timer; arg: the dt_op_times. */
void dt_op_times_add(void *arg, const dt_op *op, double seconds);

/** Milliseconds an image, the slowest op first, and what `total` milliseconds an image leave for everything
 *  that is no kernel (the optimizer, the assignment of targets, allocation, the tape). images: how many the
 *  times were collected over. */
void dt_op_times_text(const dt_op_times *times, int64_t images, double total, FILE *out);

/** The members "ops": [{"op","calls","forward_ms","backward_ms"}] and "outside_ops_ms" of the open object.
 *  calls: over all images. */
void dt_op_times_json(const dt_op_times *times, int64_t images, double total, dt_json *json);

#endif
