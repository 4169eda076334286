/** New names and a new order for the classes of a set. */
#ifndef DT_DATASETS_EDIT_REMAP_H
#define DT_DATASETS_EDIT_REMAP_H

#include "core/file.h"
#include "datasets/dataset.h"

/** One line of a map: class `from` becomes class `to`; `to` "" drops it with its objects. */
typedef struct dt_remap_pair {
    char *from, *to;
} dt_remap_pair;

/** Zero-initialised means empty. */
typedef struct dt_remap_list {
    dt_remap_pair *items;
    size_t count, capacity;
} dt_remap_list;

/** Adds "old=new"; blanks around the names go. A name with '=' in it is written in quotes: "a=b"=c.
 *  DT_ERR_ARG if there is no '=' or the old name is there already with another new one. */
dt_status dt_remap_add(dt_remap_list *list, const char *text, dt_error *err);

/** Adds the lines of a file; empty ones and those that begin with '#' are passed over. Errors name file and
 * line. */
dt_status dt_remap_read(dt_remap_list *list, const char *path, dt_error *err);
void dt_remap_free(dt_remap_list *list);

typedef struct dt_remap_opts {
    const dt_remap_list *map; /* all at once: a=b, b=a exchanges two names */
    int only_mapped;          /* classes without a pair are dropped with their objects */
    const char *const
        *order; /* names that come first, in this order; those that are not there become unused classes */
    size_t order_count;
} dt_remap_opts;

/** Maps. Several classes may become one: it takes the place of the first. Every object that changes its class
 *  or goes becomes a finding (class-mapped, a note). DT_ERR_ARG with a did-you-mean for an old name that is
 *  not there; DT_ERR_STATE if no class is left. */
dt_status dt_remap(dt_dataset *set, const dt_remap_opts *opts, dt_findings *findings, dt_error *err);

#endif
