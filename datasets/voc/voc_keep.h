/** Elements of an annotation that the model has no field for, kept as XML text while they go by in the SAX
 * parser. */
#ifndef DT_DATASETS_VOC_KEEP_H
#define DT_DATASETS_VOC_KEEP_H

#include <libxml/parser.h>

#include "core/str.h"

/** Zero-initialised: nothing is being kept. */
typedef struct dt_voc_keep {
    dt_str *to;
    int depth; /* open elements; 0: idle */
} dt_voc_keep;

/** An element as libxml2's startElementNs has it. */
typedef struct dt_voc_tag {
    const xmlChar *name, *prefix;
    int namespaces;
    const xmlChar **namespace_list;
    int attributes;
    const xmlChar **attribute_list;
} dt_voc_tag;

/** Opens an element; the first one sets where the text goes. Whole elements stand on a line of their own,
 * `indent` before. */
void dt_voc_keep_start(dt_voc_keep *keep, dt_str *to, const char *indent, const dt_voc_tag *tag);
void dt_voc_keep_text(dt_voc_keep *keep, const char *text, size_t len);
void dt_voc_keep_end(dt_voc_keep *keep, const xmlChar *name, const xmlChar *prefix);

/** Appends the attributes of an element, a blank before each. */
void dt_voc_keep_attributes(dt_str *out, const dt_voc_tag *tag);

#endif
