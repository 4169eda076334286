#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "datasets/coco/coco_json.h"
#include "datasets/coco/coco_json_internal.h"

static dt_status read_detection(dt_coco_results *r, dt_scan *s)
{
    static const char *const needed[] = {"image_id", "category_id", "bbox", "score"};
    DT_TRY(coco_grow(s, &r->items, &r->capacity, r->count, sizeof *r->items));
    dt_coco_detection d = {0};
    double box[4];
    unsigned seen = 0;
    const char *key;
    size_t len;
    DT_TRY(dt_scan_object(s));
    while (dt_scan_key(s, &key, &len)) {
        if (dt_scan_is(key, len, "image_id"))
            seen |= dt_scan_i64(s, &d.image_id) == DT_OK ? 1 : 0;
        else if (dt_scan_is(key, len, "category_id"))
            seen |= dt_scan_i64(s, &d.category_id) == DT_OK ? 2 : 0;
        else if (dt_scan_is(key, len, "bbox"))
            seen |= coco_read_bbox(s, box) == DT_OK ? 4 : 0;
        else if (dt_scan_is(key, len, "score"))
            seen |= dt_scan_f64(s, &d.score) == DT_OK ? 8 : 0;
        else
            dt_scan_skip(s);
    }
    DT_TRY(s->status);
    DT_TRY(coco_need(s, seen, needed, 4, "a detection"));
    d.x = box[0];
    d.y = box[1];
    d.w = box[2];
    d.h = box[3];
    r->items[r->count++] = d;
    return DT_OK;
}

static dt_status read_detections(dt_coco_results *r, dt_scan *s)
{
    if (dt_scan_peek(s) == DT_SCAN_OBJECT)
        return dt_scan_fail(s, DT_ERR_FORMAT,
                            "an object; detections are an array of {image_id, category_id, bbox, "
                            "score}");
    DT_TRY(dt_scan_array(s));
    while (dt_scan_item(s))
        DT_TRY(read_detection(r, s));
    return dt_scan_end(s);
}

/* ---- in pieces ----
 *
 * The file is cut at places that look like the seam between two records, "}, {". Such a place may lie inside
 * a string, so it is a guess: it is proved by the reader of the piece in front, which must arrive, record by
 * record from the start of the file, at exactly that byte. If any piece fails or misses its end, the whole
 * file is read in one go, which also gives errors their true line. */

enum { MAX_PIECES = 16, PIECE_BYTES = 512 << 10, SEAM_SEARCH = 64 << 10 };

typedef struct piece {
    uint64_t begin,
        end; /* first bytes of records; begin 0: the start of the file; end 0: the end of the file */
    dt_coco_results results;
    int proved;
} piece;

typedef struct piece_job {
    const char *path;
    piece *pieces;
} piece_job;

static dt_status read_piece(const char *path, piece *p)
{
    dt_scan s;
    dt_error ignored = {0};
    dt_status status = dt_scan_open_at(&s, path, p->begin, &ignored);
    if (status == DT_OK && p->begin == 0) status = dt_scan_array(&s);
    while (status == DT_OK && dt_scan_item(&s)) {
        if (p->end && dt_scan_offset(&s) >= p->end) {
            p->proved = dt_scan_offset(&s) == p->end;
            break;
        }
        status = read_detection(&p->results, &s);
    }
    if (status == DT_OK && !p->end) p->proved = dt_scan_end(&s) == DT_OK;
    dt_scan_close(&s);
    return status;
}

static void read_pieces(void *arg, int64_t begin, int64_t end, int worker)
{
    piece_job *job = arg;
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        read_piece(job->path, &job->pieces[i]);
}

/* First byte of a record at or behind `from`, by the look of it; 0 if there is none nearby. */
static uint64_t find_seam(int fd, uint64_t from, char *buffer)
{
    ssize_t n = pread(fd, buffer, SEAM_SEARCH, (off_t)from);
    for (ssize_t i = 0; i < n; i++) {
        if (buffer[i] != '}') continue;
        int commas = 0;
        for (i++; i < n && (strchr(" \t\r\n", buffer[i]) || (buffer[i] == ',' && commas++ == 0));)
            i++;
        if (i < n && commas == 1 && buffer[i] == '{') return from + (uint64_t)i;
        i--;
    }
    return 0;
}

/* Number of pieces, 0 if the file is not to be cut. */
static int cut_file(const char *path, int threads, piece pieces[MAX_PIECES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), count = 0;
    struct stat st;
    char *buffer = dt_malloc(SEAM_SEARCH);
    if (fd >= 0 && buffer && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        uint64_t size = (uint64_t)st.st_size;
        int wanted = threads < MAX_PIECES ? threads : MAX_PIECES;
        if (size / PIECE_BYTES < (uint64_t)wanted) wanted = (int)(size / PIECE_BYTES);
        count = wanted > 1 ? 1 : 0;
        for (int i = 1; i < wanted && count > 0; i++) {
            uint64_t seam = find_seam(fd, size / (uint64_t)wanted * (uint64_t)i, buffer);
            if (seam <= pieces[count - 1].begin) continue;
            pieces[count - 1].end = pieces[count].begin = seam;
            count++;
        }
    }
    dt_free(buffer);
    if (fd >= 0) close(fd);
    return count > 1 ? count : 0;
}

/* 1 if the pieces fit and are joined in *results. */
static int read_in_pieces(const char *path, dt_pool *pool, dt_coco_results *results)
{
    piece pieces[MAX_PIECES] = {{0}};
    int count = cut_file(path, dt_pool_threads(pool), pieces), proved = count > 0;
    dt_parallel(pool, count, 1, read_pieces, &(piece_job){path, pieces});
    size_t total = 0;
    for (int i = 0; i < count; i++) {
        proved &= pieces[i].proved;
        total += pieces[i].results.count;
    }
    /* The first piece grows to hold all. */
    dt_coco_detection *items =
        proved ? dt_realloc_array(pieces[0].results.items, total, sizeof *items) : NULL;
    if (items) {
        *results = (dt_coco_results){items, pieces[0].results.count, total};
        pieces[0].results = (dt_coco_results){0};
    }
    for (int i = 0; i < count; i++) {
        dt_coco_results *part = &pieces[i].results;
        if (items && part->count > 0) {
            memcpy(items + results->count, part->items, part->count * sizeof *items);
            results->count += part->count;
        }
        dt_coco_results_free(part);
    }
    return items != NULL;
}

dt_status dt_coco_results_read(const char *path, dt_pool *pool, dt_coco_results *results, dt_error *err)
{
    *results = (dt_coco_results){0};
    if (dt_pool_threads(pool) > 1 && read_in_pieces(path, pool, results)) return DT_OK;
    *results = (dt_coco_results){0};
    dt_scan s;
    dt_status status = dt_scan_open(&s, path, err);
    if (status == DT_OK) status = read_detections(results, &s);
    dt_scan_close(&s);
    if (status != DT_OK) dt_coco_results_free(results);
    return status;
}

void dt_coco_results_free(dt_coco_results *results)
{
    dt_free(results->items);
    *results = (dt_coco_results){0};
}
