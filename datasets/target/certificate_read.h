/** The files that a conversion.json lists. */
#ifndef DT_DATASETS_CERTIFICATE_READ_H
#define DT_DATASETS_CERTIFICATE_READ_H

#include "datasets/target/output.h"

/** Reads what was written, with hash or link target, and the folders; everything else in it, the fate of a
 *  million objects, say, is passed over unparsed. DT_ERR_FORMAT with line and byte if it is not such a file
 *  or a path in it leads out of its folder. Free *files with dt_output_free, also after a failure. */
dt_status dt_certificate_read(const char *path, dt_output_list *files, dt_error *err);

#endif
