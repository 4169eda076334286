/* Class folders, recognised without a list of what is in them. */
#include <dirent.h>
#include <stdio.h>

#include "datasets/classes/class_parts.h"
#include "datasets/image/image.h"

int dt_class_holds_pictures(const char *dir, int least, int most)
{
    DIR *d = opendir(dir);
    int found = 0;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        char path[PATH_MAX];
        if (e->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path)
            continue;
        found = (least <= 0 && dt_image_has_extension(e->d_name)) ||
                (most > 0 && dt_is_dir(path) && dt_class_holds_pictures(path, least - 1, most - 1));
    }
    if (d) closedir(d);
    return found;
}

int dt_class_is_folder(const char *dir)
{
    return dt_class_holds_pictures(dir, 1, DT_CLASS_PROBE_DEPTH);
}
