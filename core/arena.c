#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "core/mem.h"

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 256 << 10 };

struct dt_arena_block {
    struct dt_arena_block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

static void *take(dt_arena *arena, size_t bytes, size_t align)
{
    struct dt_arena_block *block = arena->blocks;
    size_t at = block ? (block->used + align - 1) / align * align : 0;
    if (bytes > SIZE_MAX / 2) return NULL;
    if (!block || at > block->size || bytes > block->size - at) {
        size_t size = block ? block->size * 2 : FIRST_BLOCK;
        if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
        if (size < bytes) size = bytes;
        struct dt_arena_block *next = dt_malloc(sizeof *next + size);
        if (!next) return NULL;
        next->next = block;
        next->size = size;
        arena->blocks = block = next;
        at = 0;
    }
    block->used = at + bytes;
    return block->bytes + at;
}

void *dt_arena_take(dt_arena *arena, size_t bytes)
{
    return take(arena, bytes, alignof(max_align_t));
}

char *dt_arena_text_n(dt_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX / 2 ? take(arena, len + 1, 1) : NULL;
    if (!copy) return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *dt_arena_text(dt_arena *arena, const char *text)
{
    return dt_arena_text_n(arena, text, strlen(text));
}

void dt_arena_adopt(dt_arena *arena, dt_arena *from)
{
    struct dt_arena_block **end = &arena->blocks;
    while (*end)
        end = &(*end)->next;
    *end = from->blocks;
    from->blocks = NULL;
}

void dt_arena_free(dt_arena *arena)
{
    struct dt_arena_block *block = arena->blocks;
    while (block) {
        struct dt_arena_block *next = block->next;
        dt_free(block);
        block = next;
    }
    arena->blocks = NULL;
}
