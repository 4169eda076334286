/** Arena: many small things with one life. Nothing is freed by itself; all of it goes at once. */
#ifndef DT_CORE_ARENA_H
#define DT_CORE_ARENA_H

#include <stddef.h>

/** Zero-initialised means empty. */
typedef struct dt_arena {
    struct dt_arena_block *blocks;
} dt_arena;

/** Memory for `bytes`, aligned for any type, not initialised; NULL when out of memory. Valid until
 * dt_arena_free. */
void *dt_arena_take(dt_arena *arena, size_t bytes);

/** Copies of a text (NUL-terminated). The second takes `len` bytes. NULL when out of memory. */
char *dt_arena_text(dt_arena *arena, const char *text);
char *dt_arena_text_n(dt_arena *arena, const char *text, size_t len);

/** Moves everything of `from` into `arena`; the pointers stay valid. Takes no memory. */
void dt_arena_adopt(dt_arena *arena, dt_arena *from);

void dt_arena_free(dt_arena *arena);

#endif
