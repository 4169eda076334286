/** Pictures that may not be parted by a split: the same file, a group of names, a folder, near-duplicates. */
#ifndef DT_DATASETS_EDIT_SPLIT_BLOCKS_H
#define DT_DATASETS_EDIT_SPLIT_BLOCKS_H

#include "datasets/dataset.h"

typedef struct dt_split_block_opts {
    const char *
        group; /* POSIX extended regular expression on the picture's name (dt_edit_name): its first sub-expression,
                          without one the whole match, names the group; NULL: none */
    int by_folder; /* pictures of a folder belong together */
    int near; /* near-duplicates (datasets/check/near.h) belong together, and what is connected by them */
    dt_pool *pool;                                            /* decodes for `near`; may be NULL */
    void (*progress)(void *ctx, int64_t done, int64_t total); /* pictures decoded; may be NULL */
    void *progress_ctx;
} dt_split_block_opts;

typedef struct dt_split_blocks {
    size_t *parent;     /* one a record: dt_union_find gives the block */
    uint8_t *ungrouped; /* one a record: the expression did not match its name */
    size_t near;        /* pictures that were joined to others by likeness */
} dt_split_blocks;

/** DT_ERR_ARG for an expression that does not compile or matches no picture at all. */
dt_status dt_split_blocks_make(const dt_dataset *set, const dt_split_block_opts *opts,
                               dt_split_blocks *blocks, dt_error *err);
void dt_split_blocks_free(dt_split_blocks *blocks);

#endif
