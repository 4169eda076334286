/* The option parser on a table of its own, and the progress display on a pseudo-terminal. */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "core/file.h"
#include "test.h"
#include "tools/cli.h"

static const dt_command command = {
    .name = "demo", .usage = "dettool demo", .summary = "a demo", .details = "Example"};

typedef struct parsed {
    int rc, count, flag, on;
    int64_t number;
    double real;
    const char *text, *choice, *operands[3];
    dt_opt_list list;
    int typed_real, typed_number;
} parsed;

static parsed parse(int argc, const char **argv)
{
    parsed p = {.on = 1, .number = 640, .real = 0.25, .choice = "sgd"};
    const dt_opt opts[] = {
        {"flag", "f", DT_OPT_FLAG, &p.flag, 0, 0, NULL, NULL, "a flag"},
        {"on", NULL, DT_OPT_FLAG, &p.on, 0, 0, NULL, NULL, "a flag that is on"},
        {"imgsz", "img-size|i", DT_OPT_INT, &p.number, 32, 4096, NULL, "N", "a number"},
        {"conf", "conf-thres", DT_OPT_F64, &p.real, -1, 1, NULL, "X", "a real"},
        {"text", "t", DT_OPT_STR, &p.text, 0, 0, NULL, "FILE", "a text"},
        {"optimizer", NULL, DT_OPT_CHOICE, &p.choice, 0, 0, "sgd|adamw", NULL, "a choice"},
        {"freeze", NULL, DT_OPT_LIST, &p.list, 0, 0, NULL, "PATTERN", "a list"},
        {0},
    };
    const char *full[40] = {"demo"};
    memcpy(full + 1, argv, (size_t)argc * sizeof *argv);
    p.rc = dt_cli_parse(&command, opts, argc + 1, (char **)full, p.operands, 3, &p.count);
    p.typed_real = dt_cli_typed(opts, "conf_thres");
    p.typed_number = dt_cli_typed(opts, "imgsz");
    return p;
}

#define PARSE(...)                                                                                           \
    parse((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static void test_accepted(void)
{
    parsed p = PARSE("a.jpg", "--imgsz", "320", "b.jpg", "--conf=-0.5", "-f", "--no-on", "c.jpg");
    CHECK(p.rc == -1 && p.count == 3 && p.number == 320 && p.real == -0.5 && p.flag == 1 && p.on == 0);
    CHECK_STR(p.operands[2], "c.jpg");
    CHECK(p.typed_real && p.typed_number);
    p = PARSE("img_size=416", "conf_thres=.5", "text=x=y", "on=False", "optimizer=adamw");
    CHECK(p.rc == -1 && p.count == 0 && p.number == 416 && p.real == 0.5 && p.on == 0);
    CHECK_STR(p.text, "x=y");
    CHECK_STR(p.choice, "adamw");
    p = PARSE("-i64", "-t", "-", "--conf", "-.25", "--freeze", "a.*", "freeze=b", "--freeze=a.*");
    CHECK(p.rc == -1 && p.number == 64 && p.real == -0.25 && p.list.count == 3);
    CHECK_STR(p.text, "-");
    CHECK_STR(p.list.items[1], "b");
    p = PARSE("--text=-odd", "--", "--imgsz", "-x");
    CHECK(p.rc == -1 && p.count == 2 && p.number == 640 && !p.typed_number && !p.typed_real);
    CHECK_STR(p.text, "-odd");
    p = PARSE("--imgsz", "320", "img-size=320", "-f", "--flag");
    CHECK(p.rc == -1 && p.number == 320);
}

static void test_refused(void)
{
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    const int codes[] = {
        PARSE("--imgsz", "16").rc,
        PARSE("--imgsz", "5000").rc,
        PARSE("--imgsz", "3e2").rc,
        PARSE("--imgsz=").rc,
        PARSE("--conf", "nan").rc,
        PARSE("--conf", "0,5").rc,
        PARSE("--conf", "1.01").rc,
        PARSE("--conf", "inf").rc,
        PARSE("--text").rc,
        PARSE("--text", "--flag").rc,
        PARSE("--text", "-f").rc,
        PARSE("--text=").rc,
        PARSE("--optimizer", "sg").rc,
        PARSE("--optimizer", "sgd|adamw").rc,
        PARSE("--optimizer", "").rc,
        PARSE("--no-flag=1").rc,
        PARSE("--flag=2").rc,
        PARSE("--flag", "--no-flag").rc,
        PARSE("--imgsz", "64", "-i", "96").rc,
        PARSE("-x").rc,
        PARSE("--no-imgsz").rc,
        PARSE("a", "b", "c", "d").rc,
        PARSE("imgs=3").rc,
        PARSE("-imgs", "3").rc,
    };
    const char *many[36];
    for (int i = 0; i < 36; i++)
        many[i] = "freeze=x";
    int fits = parse(36, many).rc;
    dup2(saved, STDERR_FILENO);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        CHECK_MSG(codes[i] == DT_EXIT_USAGE, "wrong usage %zu gives %d", i, codes[i]);
    CHECK_INT(fits, -1);
    close(saved);
    close(null);
}

/* Runs a short piece of work with standard error on `fd` and returns to the old one. */
static void show_progress(int fd)
{
    int saved = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    dt_progress p;
    dt_progress_begin(&p, "reading", 40);
    for (int i = 1; i <= 40; i++) {
        usleep(8000);
        dt_progress_step(&p, i, "%d boxes", i * 3);
        if (i == 30) dt_cli_warn("file %d is odd", i);
    }
    dt_progress_end(&p);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static size_t read_all(int fd, char *out, size_t max)
{
    size_t n = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (n < max - 1 && poll(&wait, 1, 50) > 0) {
        ssize_t got = read(fd, out + n, max - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    out[n] = '\0';
    return n;
}

static void test_progress(void)
{
    static char text[65536];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    int side = -1;
    if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
        side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    if (side < 0) {
        printf("SKIPPED test_progress: no pseudo-terminal\n");
        dt_test_skips++;
        return;
    }
    show_progress(side);
    read_all(terminal, text, sizeof text);
    CHECK(strstr(text, "\rreading ") != NULL);
    CHECK(strstr(text, "###") != NULL);
    CHECK(strstr(text, " boxes") != NULL);
    CHECK(strstr(text, "\r\033[Kwarning: file 30 is odd\r\n") !=
          NULL); /* the message has a line of its own */
    CHECK(strstr(text, "100% [########################] 40/40") != NULL);
    close(side);
    close(terminal);

    /* Not a terminal, and over within ten seconds: the warning alone. */
    int ends[2];
    if (!CHECK(pipe(ends) == 0)) return;
    show_progress(ends[1]);
    read_all(ends[0], text, sizeof text);
    CHECK_STR(text, "warning: file 30 is odd\n");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    RUN(test_accepted);
    RUN(test_refused);
    RUN(test_progress);
    return dt_test_end();
}
