/** What the rules of datasets/findings.h mean, in one line each. */
#ifndef DT_DATASETS_RULES_H
#define DT_DATASETS_RULES_H

#include <stddef.h>

typedef struct dt_rule {
    const char *id;
    const char *title;  /* what was found */
    const char *advice; /* what to do about it; "" if nothing need be done */
} dt_rule;

const dt_rule *dt_rules(size_t *count);

/** The entry of a rule, or NULL. */
const dt_rule *dt_rule_find(const char *id);

#endif
