/* VOC reader: traps of real files, hostile XML, layouts; fitting of boxes. */
#include "datasets/voc/voc.h"

#include "core/str.h"
#include "datasets/target/fit.h"
#include "fixture.h"

typedef struct parsed {
    dt_dataset set;
    dt_findings findings;
    dt_voc_file info;
    dt_error err;
    dt_status status;
} parsed;

static parsed parse_n(const char *xml, size_t size)
{
    parsed p = {0};
    dt_dataset_add_record(&p.set, NULL, "a.xml", NULL, NULL);
    p.status = dt_voc_parse(xml, size, "a.xml", &p.set, &p.info, &p.findings, &p.err);
    return p;
}

static parsed parse(const char *xml)
{
    return parse_n(xml, strlen(xml));
}

static void release(parsed *p)
{
    dt_dataset_free(&p->set);
    dt_findings_free(&p->findings);
}

#define BOX(a, b, c, d)                                                                                      \
    "<bndbox><xmin>" #a "</xmin><ymin>" #b "</ymin><xmax>" #c "</xmax><ymax>" #d "</ymax></bndbox>"
#define OBJECT(name, box) "<object><name>" name "</name>" box "</object>"

static void all_fields(void)
{
    parsed p =
        parse("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n<!-- c --><annotation verified='yes'>\n"
              "<filename><![CDATA[a & b.jpg]]></filename><size><width>500</width><height>3.75e2</height>"
              "<depth>3</depth></size>\n"
              "<object><name> dog &amp; cat </name><pose>Left</pose><truncated>1</truncated>"
              "<occluded>0</occluded><difficult>1</difficult>"
              "<part><name>head</name>" BOX(
                  11, 12, 20,
                  21) "</part>\n"
                      "<bndbox><ymax>60.5</ymax><xmin>45.70</xmin><ymin> 2 </ymin><xmax>1e2</xmax></bndbox>"
                      "<part><name>foot</name>" BOX(
                          50, 50, 60, 60) "</part></object>\n"
                                          "<object>" BOX(1, 2, 3,
                                                         4) "<name>&#x732b;</name></object></annotation>\n");
    CHECK_OK(p.status, &p.err);
    CHECK_STR(p.info.filename, "a & b.jpg");
    CHECK(p.info.width == 500 && p.info.height == 375);
    if (CHECK_INT(p.set.object_count, 2)) {
        const dt_object *o = p.set.objects;
        CHECK(o[0].box.x1 == 45.7 && o[0].box.y1 == 2 && o[0].box.x2 == 100 && o[0].box.y2 == 60.5);
        CHECK(o[0].difficult == 1 && o[0].truncated == 1 && o[0].occluded == 0 && o[0].line == 4);
        CHECK_STR(p.set.classes[o[0].cls], "dog & cat");
        if (CHECK(o[0].extra && o[0].extra->part_count == 2)) {
            CHECK_STR(o[0].extra->pose, "Left");
            CHECK_STR(o[0].extra->parts[1].name, "foot");
            CHECK(o[0].extra->parts[0].box.x1 == 11 && o[0].extra->parts[1].box.y2 == 60);
        }
        CHECK(o[1].difficult == DT_FLAG_UNKNOWN && !o[1].extra && o[1].box.y2 == 4);
        CHECK_STR(p.set.classes[o[1].cls], "\xE7\x8C\xAB");
    }
    CHECK_INT(p.findings.count, 0);
    release(&p);
}

static void bad_objects(void)
{
    static const struct {
        const char *object, *rule, *say;
    } cases[] = {
        {"<object>" BOX(1, 2, 3, 4) "</object>", "object-incomplete", "no name"},
        {"<object><name>a</name></object>", "object-incomplete", "no bndbox"},
        {"<object><name>a</name><part><name>p</name>" BOX(1, 2, 3, 4) "</part></object>", "object-incomplete",
         "no bndbox"},
        {"<object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax></bndbox></object>",
         "object-incomplete", "no ymax"},
        {OBJECT("a", BOX(1, x, 3, 4)), "label-number", "ymin = 'x'"},
        {OBJECT("a", BOX(1, 2, nan, 4)), "label-number", "xmax = 'nan'"},
        {OBJECT("a", BOX(1, 2, 3, 1e999)), "label-number", "ymax"},
        {OBJECT("a", BOX(, 2, 3, 4)), "label-number", "xmin = ''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char xml[1024];
        snprintf(xml, sizeof xml, "<annotation>\n%s\n%s</annotation>", cases[i].object,
                 OBJECT("b", BOX(1, 2, 3, 4)));
        parsed p = parse(xml);
        CHECK_OK(p.status, &p.err);
        if (CHECK_INT(p.set.object_count, 1)) CHECK_INT(p.set.objects[0].index, 1);
        if (CHECK_INT(p.findings.count, 1)) {
            const dt_finding *f = &p.findings.items[0];
            CHECK_STR(f->rule, cases[i].rule);
            CHECK_MSG(strstr(f->message, cases[i].say) != NULL, "'%s' is not in '%s'", cases[i].say,
                      f->message);
            CHECK(f->line == 2 && f->object == 0 && f->fate == DT_FATE_DROPPED);
        }
        release(&p);
    }
}

/* Spellings that are no mistakes. */
static void spellings(void)
{
    static const char *const forms[] = {
        "<annotation><object><name>cat</name>" BOX(1, 2, 30.5, 40) "</object></annotation>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- <object> -->\r\n<annotation verified=\"yes\">\r\n"
        "<object>\r\n<name> cat\r\n</name>" BOX(1.0, 2e0, 30.50, +40) "\r\n</object>\r\n</annotation>\r\n",
        "\xEF\xBB\xBF<annotation><object><name><![CDATA[cat]]></name><!-- moved --><bndbox><xmin><!-- "
        "-->1</xmin>"
        "<ymin><![CDATA[2]]></ymin><xmax>3<!-- x "
        "-->0.5</xmax><ymax>&#52;0</ymax></bndbox></object></annotation>",
        "<!DOCTYPE annotation [<!ELEMENT annotation "
        "ANY>]><annotation><object><bndbox><ymax>40</ymax><ymin>2</ymin>"
        "<xmin>1</xmin><xmax>30.5</xmax></bndbox><name>c&#x61;t</name></object></annotation>",
        "<annotation xmlns:x=\"u\"><object x:id=\"3\"><name>cat</name><name>dog</name>" BOX(
            1, 2, 30.5, 40) "<bndbox><xmin>7</xmin></bndbox><attributes><name>z</name></attributes></object>"
                            "<source><object><name>none</name></object></source></annotation>",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        parsed p = parse(forms[i]);
        CHECK_MSG(p.status == DT_OK, "form %zu: %s", i, p.err.text);
        if (CHECK_MSG(p.set.object_count == 1, "form %zu: %zu objects", i, p.set.object_count)) {
            const dt_object *o = p.set.objects;
            CHECK_MSG(o->box.x1 == 1 && o->box.y1 == 2 && o->box.x2 == 30.5 && o->box.y2 == 40, "form %zu",
                      i);
            CHECK_STR(p.set.classes[o->cls], "cat");
        }
        CHECK_MSG(p.findings.count == 0, "form %zu", i);
        release(&p);
    }
    /* UTF-16 of both orders, with its mark; Latin-1 where it says so. */
    static const char ascii[] =
        "<annotation><object><name>cat</name>" BOX(1, 2, 3, 4) "</object></annotation>";
    for (int big = 0; big < 2; big++) {
        char wide[2 * sizeof ascii];
        size_t n = 0;
        wide[n++] = big ? '\xFE' : '\xFF';
        wide[n++] = big ? '\xFF' : '\xFE';
        for (size_t i = 0; i + 1 < sizeof ascii; i++) {
            wide[n++] = big ? '\0' : ascii[i];
            wide[n++] = big ? ascii[i] : '\0';
        }
        parsed p = parse_n(wide, n);
        CHECK_OK(p.status, &p.err);
        if (CHECK_INT(p.set.object_count, 1)) CHECK_STR(p.set.classes[0], "cat");
        release(&p);
    }
    parsed p =
        parse("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><annotation><object><name>\xE4</name>" BOX(
            1, 2, 3, 4) "</object></annotation>");
    CHECK_OK(p.status, &p.err);
    if (CHECK_INT(p.set.class_count, 1)) CHECK_STR(p.set.classes[0], "\xC3\xA4");
    release(&p);
}

static void hostile_xml(void)
{
    static const struct {
        const char *xml, *say;
    } cases[] = {
        {"", "a.xml:1"},
        {"hello", "a.xml:1"},
        {"<annotation>\n<object>\n", "a.xml:"},
        {"<annotation>\n</annotatio>", "a.xml:2"},
        {"<annotation>" OBJECT("a", BOX(1, 2, 3, 4)) "\n\n<b></annotation>", "a.xml:3"},
        {"<annotation>\n</annotatio>", "(byte 2"},
        {"<html><body/></html>", "<annotation> is expected"},
        {"<annotation>&nope;</annotation>", "nope"},
        {"<!DOCTYPE a [<!ENTITY x SYSTEM "
         "\"file:///etc/passwd\">]><annotation><filename>&x;</filename></annotation>",
         "x"},
        {"<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/a.dtd\"><annotation>&x;</annotation>", "x"},
        {"<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
         "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><annotation><filename>&c;</filename></annotation>",
         "'c'"},
        {"<annotation>\xFF\xFE</annotation>", "a.xml:1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parsed p = parse(cases[i].xml);
        CHECK_INT(p.status, DT_ERR_FORMAT);
        CHECK_MSG(strstr(p.err.text, cases[i].say) != NULL, "'%s' is not in '%s'", cases[i].say, p.err.text);
        CHECK_INT(p.set.object_count, 0);
        release(&p);
    }
    /* Text without end: the object is named and dropped, the others stay. */
    static const char *const holes[][3] = {
        {"<name>", "</name>" BOX(1, 2, 3, 4), "more than 4096 bytes"},
        {"<name>a</name><bndbox><xmin>1", "</xmin></bndbox>", "xmin = '1xxx"}};
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
        dt_str xml = {0};
        dt_str_printf(&xml, "<annotation><object>%s", holes[i][0]);
        for (int k = 0; k < 20000; k++)
            dt_str_append(&xml, "xxxxxxxxxx");
        dt_str_printf(&xml, "%s</object>" OBJECT("b", BOX(1, 2, 3, 4)) "</annotation>", holes[i][1]);
        parsed p = parse(xml.data);
        CHECK_OK(p.status, &p.err);
        CHECK_INT(p.set.object_count, 1);
        if (CHECK_INT(p.findings.count, 1))
            CHECK_MSG(strstr(p.findings.items[0].message, holes[i][2]) != NULL, "%s",
                      p.findings.items[0].message);
        release(&p);
        dt_str_free(&xml);
    }
    /* Depth: libxml2 stops at 256. */
    dt_str deep = {0};
    dt_str_append(&deep, "<annotation>");
    for (int i = 0; i < 100000; i++)
        dt_str_append(&deep, "<a>");
    parsed p = parse(deep.data);
    CHECK_INT(p.status, DT_ERR_FORMAT);
    release(&p);
    dt_str_free(&deep);
}

static void annotate(const fixture *f, const char *name, const char *filename, int w, int h,
                     const char *objects)
{
    char xml[2000];
    snprintf(
        xml, sizeof xml,
        "<annotation><filename>%s</filename><size><width>%d</width><height>%d</height></size>%s</annotation>",
        filename, w, h, objects);
    fixture_text(f, name, xml);
}

static parsed read_set(const fixture *f, const char *dir, dt_voc_rule rule)
{
    parsed p = {0};
    dt_pool *pool = NULL;
    dt_pool_create(2, &pool, NULL);
    dt_voc_read_opts opts = {pool, rule};
    p.status = dt_voc_read(fixture_path(f, dir), &opts, &p.set, &p.findings, &p.err);
    dt_pool_destroy(pool);
    return p;
}

static void layouts(void)
{
    fixture f = fixture_new();
    const char *cat = OBJECT("cat", BOX(1, 1, 8, 6));
    annotate(&f, "kit/VOC2007/Annotations/a b%.xml", "other.jpg", 16, 12, cat);
    annotate(&f, "kit/VOC2007/Annotations/b.xml", "../../b.jpg", 0, 0, cat);
    annotate(&f, "kit/VOC2007/Annotations/c.xml", "c.jpg", 16, 12, "");
    annotate(&f, "kit/VOC2007/Annotations/d.xml", "d.jpg", 16, 12, "<object>");
    annotate(&f, "kit/VOC2012/annotations/b.xml", "b.JPG", 99, 12, OBJECT("dog", BOX(1, 1, 16, 12)));
    fixture_image(&f, "kit/VOC2007/JPEGImages/a b%.jpg", "exif1.jpg");
    fixture_image(&f, "kit/VOC2007/JPEGImages/b.jpg", "exif1.jpg");
    fixture_image(&f, "kit/VOC2007/JPEGImages/b.png", "rgb.png");
    fixture_image(&f, "kit/VOC2007/JPEGImages/c.jpg", "exif1.jpg");
    fixture_image(&f, "kit/VOC2007/JPEGImages/unused.jpg", "exif1.jpg");
    fixture_image(&f, "kit/VOC2012/images/b.JPG", "exif1.jpg");
    fixture_text(&f, "kit/VOC2007/ImageSets/Main/train.txt",
                 "\xEF\xBB\xBF"
                 "a b%\r\nb.jpg\n\nb\n../../x\n");
    fixture_text(&f, "kit/VOC2007/ImageSets/Main/val.txt", "c\nd\nmissing\n");
    fixture_text(&f, "kit/VOC2007/ImageSets/Main/trainval.txt", "a b%\nb\nc\nd\nmissing\n");
    fixture_text(&f, "kit/VOC2007/ImageSets/Main/cat_train.txt", "a b%  1\nb -1\n");
    parsed p = read_set(&f, "kit", DT_VOC_EXACT);
    CHECK_OK(p.status, &p.err);
    CHECK_INT(p.set.split_count, 2);
    const dt_split *train = dt_dataset_split(&p.set, "train"), *val = dt_dataset_split(&p.set, "val");
    CHECK(train && val && train->count == 3 && val->count == 1);
    CHECK_INT(p.set.class_count, 20); /* both are VOC's: VOC's order */
    CHECK_INT(p.set.objects[0].cls, 7);
    CHECK_INT(dt_findings_count_rule(&p.findings, "split-skipped"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "xml-malformed"), 1);
    for (size_t i = 0; i < p.findings.count; i++)
        if (strcmp(p.findings.items[i].rule, "xml-malformed") == 0)
            CHECK(p.findings.items[i].line == 1 && !strstr(p.findings.items[i].message, "d.xml"));
    CHECK_INT(dt_findings_count_rule(&p.findings, "label-missing"), 2); /* `missing`, and the unused image */
    CHECK_INT(dt_findings_count_rule(&p.findings, "filename-unsafe"), 2); /* list line, <filename> */
    CHECK_INT(dt_findings_count_rule(&p.findings, "image-twice"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "stem-twice"), 1);
    CHECK_INT(dt_findings_count_rule(&p.findings, "filename-differs"), 1);
    CHECK_OK(dt_dataset_probe(&p.set, NULL, &p.findings, &p.err), &p.err);
    CHECK_INT(dt_findings_count_rule(&p.findings, "size-mismatch"), 1);
    CHECK(p.set.records[1].width == 0 && p.set.records[1].real_width == 16);
    release(&p);
    /* Without lists everything is train; images and XML may share a folder. */
    annotate(&f, "flat/x.xml", "x.jpg", 16, 12, cat);
    fixture_image(&f, "flat/x.jpg", "exif1.jpg");
    p = read_set(&f, "flat", DT_VOC_RAW);
    CHECK_OK(p.status, &p.err);
    CHECK(p.set.record_count == 1 && p.set.records[0].image != NULL);
    release(&p);
    fixture_text(&f, "empty/readme.txt", "x");
    p = read_set(&f, "empty", DT_VOC_EXACT);
    CHECK_INT(p.status, DT_ERR_NOT_FOUND);
    release(&p);
    p = read_set(&f, "absent", DT_VOC_EXACT);
    CHECK_INT(p.status, DT_ERR_NOT_FOUND);
    CHECK(strstr(p.err.text, "absent") != NULL);
    fixture_free(&f);
}

/* VOC 2007 and 2012 side by side: splits of one name are joined, trainval of a year without train is its
 * train. */
static void years(void)
{
    static const char *const ids[][2] = {{"2007", "000001"},
                                         {"2007", "000002"},
                                         {"2012", "2008_000001"},
                                         {"2012", "2008_000002"},
                                         {"2012", "2008_000003"}};
    fixture f = fixture_new();
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char name[200], file[40];
        snprintf(name, sizeof name, "VOCdevkit/VOC%s/Annotations/%s.xml", ids[i][0], ids[i][1]);
        snprintf(file, sizeof file, "%s.jpg", ids[i][1]);
        annotate(&f, name, file, 16, 12,
                 i % 2 ? OBJECT("dog", BOX(1, 1, 8, 6)) : OBJECT("cat", BOX(1, 1, 8, 6)));
        snprintf(name, sizeof name, "VOCdevkit/VOC%s/JPEGImages/%s.jpg", ids[i][0], ids[i][1]);
        fixture_image(&f, name, "exif1.jpg");
    }
    fixture_text(&f, "VOCdevkit/VOC2007/ImageSets/Main/train.txt", "000001\n");
    fixture_text(&f, "VOCdevkit/VOC2007/ImageSets/Main/val.txt", "000002\n");
    fixture_text(&f, "VOCdevkit/VOC2007/ImageSets/Main/trainval.txt", "000001\n000002\n");
    fixture_text(&f, "VOCdevkit/VOC2007/ImageSets/Layout/train.txt", "000002\n");
    fixture_text(&f, "VOCdevkit/VOC2012/ImageSets/Main/train.txt", "2008_000001\n2008_000002\n");
    fixture_text(&f, "VOCdevkit/VOC2012/ImageSets/Main/val.txt", "2008_000003\n");
    fixture_text(&f, "VOCdevkit/VOC2012/ImageSets/Main/cat_train.txt", "2008_000001  1\n2008_000002 -1\n");
    static const char *const roots[] = {"VOCdevkit", "."};
    for (int i = 0; i < 2; i++) {
        parsed p = read_set(&f, roots[i], DT_VOC_EXACT);
        CHECK_OK(p.status, &p.err);
        CHECK_INT(p.set.split_count, 2);
        if (CHECK_INT(p.set.record_count, 5)) {
            CHECK(strcmp(p.set.splits[0].name, "train") == 0 && p.set.splits[0].count == 3);
            CHECK(strcmp(p.set.splits[1].name, "val") == 0 && p.set.splits[1].count == 2);
            CHECK(strstr(p.set.records[0].image, "VOC2007") && strstr(p.set.records[1].image, "VOC2012"));
        }
        CHECK_INT(p.findings.by_severity[DT_PROBLEM] + p.findings.by_severity[DT_WARNING], 0);
        release(&p);
    }
    /* Two annotations of one picture: both are read, and named. */
    annotate(&f, "VOCdevkit/VOC2007/Annotations/000001b.xml", "000001.jpg", 16, 12,
             OBJECT("dog", BOX(1, 1, 8, 6)));
    fixture_text(&f, "VOCdevkit/VOC2007/ImageSets/Main/train.txt", "000001\n000001b\n");
    parsed p = read_set(&f, "VOCdevkit/VOC2007", DT_VOC_EXACT);
    CHECK_OK(p.status, &p.err);
    CHECK_INT(p.set.record_count, 3);
    int named = 0;
    for (size_t i = 0; i < p.findings.count; i++)
        named += strcmp(p.findings.items[i].rule, "image-twice") == 0 &&
                 strstr(p.findings.items[i].message, "Annotations/000001.xml, too") != NULL;
    CHECK_INT(named, 1);
    release(&p);
    fixture_free(&f);
}

static void rules_and_fit(void)
{
    static const struct {
        dt_voc_rule rule;
        dt_box box;
    } rules[] = {{DT_VOC_EXACT, {0, 1, 8, 6}}, {DT_VOC_MINUS_ONE, {0, 1, 7, 5}}, {DT_VOC_RAW, {1, 2, 8, 6}}};
    fixture f = fixture_new();
    annotate(&f, "Annotations/a.xml", "a.jpg", 16, 12,
             OBJECT("zebra", BOX(1, 2, 8, 6)) OBJECT("ant", BOX(5, 5, 5, 9)) OBJECT("ant", BOX(9, 5, 5, 9))
                 OBJECT("ant", BOX(10, 5, 30, 9))
                     OBJECT("ant", BOX(20, 5, 30, 9)) "<object><name>ant</name><difficult>1</difficult>" BOX(
                         1, 1, 4, 4) "</object>");
    fixture_image(&f, "JPEGImages/a.jpg", "exif1.jpg");
    for (int i = 0; i < 3; i++) {
        dt_fit_counts counts;
        parsed p = read_set(&f, ".", rules[i].rule);
        CHECK_OK(p.status, &p.err);
        CHECK_STR(p.set.classes[0], "ant"); /* by name, not in order of appearance */
        dt_box b = dt_dataset_box(&p.set, &p.set.objects[0], 16, 12);
        CHECK(b.x1 == rules[i].box.x1 && b.y1 == rules[i].box.y1 && b.x2 == rules[i].box.x2 &&
              b.y2 == rules[i].box.y2);
        CHECK_OK(dt_dataset_probe(&p.set, NULL, NULL, &p.err), &p.err);
        dt_fit_opts fit = {.difficult = DT_DIFFICULT_IGNORE, .class_count = 2};
        CHECK_OK(dt_dataset_fit(&p.set, &fit, &counts, &p.findings, &p.err), &p.err);
        CHECK(counts.kept == 3 && counts.clipped == 1 && counts.dropped == 3 && counts.ignored == 1);
        CHECK_INT(p.set.records[0].count, 3);
        b = dt_dataset_box(&p.set, &p.set.objects[1], 16, 12);
        CHECK(b.x2 == 16 && p.set.objects[2].ignore);
        CHECK_INT(dt_findings_count_rule(&p.findings, "box-empty"), 1);
        CHECK_INT(dt_findings_count_rule(&p.findings, "box-inverted"), 1);
        CHECK_INT(dt_findings_count_rule(&p.findings, "box-outside"), 2);
        CHECK_STR(p.findings.items[0].before, "xmin 5 ymin 5 xmax 5 ymax 9");
        if (i == 0) CHECK_STR(p.findings.items[2].after, "xmin 10 ymin 5 xmax 16 ymax 9");
        release(&p);
    }
    parsed p = read_set(&f, ".", DT_VOC_EXACT);
    dt_voc_evidence e = dt_voc_find_base(&p.set);
    CHECK(e.boxes == 4 && e.at_one == 2 && e.at_zero == 0 && e.beyond == 2 && e.base == -1);
    p.set.objects[0].box = (dt_box){0, 2, 8, 6};
    CHECK_INT(dt_voc_find_base(&p.set).base, 0);
    p.set.objects[0].box = (dt_box){3, 2, 16, 6};
    CHECK_INT(dt_voc_find_base(&p.set).base, 1);
    release(&p);
    fixture_free(&f);
}

static void every_allocation_fails(void)
{
    fixture f = fixture_new();
    annotate(&f, "Annotations/a.xml", "a.jpg", 16, 12,
             "<object><name>x</name><pose>Left</pose><part><name>p</name>" BOX(1, 2, 3, 4) "</part>" BOX(
                 1, 2, 8, 6) "</object>"
                             "<object></object>");
    fixture_image(&f, "JPEGImages/a.jpg", "exif1.jpg");
    fixture_text(&f, "ImageSets/Main/train.txt", "a\nb\n");
    fixture_text(&f, "ImageSets/Main/val.txt", "a\n");
    fixture_text(&f, "ImageSets/Main/trainval.txt", "a\n");
    const char *root = fixture_path(&f, ".");
    size_t live = dt_mem_live();
    for (uint64_t nth = 1;; nth++) {
        parsed p = {0};
        dt_mem_fail_at(nth);
        p.status = dt_voc_read(root, NULL, &p.set, &p.findings, &p.err);
        int fired = dt_mem_fail_fired();
        dt_mem_fail_at(0);
        CHECK_MSG(p.status == (fired ? DT_ERR_MEMORY : DT_OK), "allocation %d: status %d: %s", (int)nth,
                  p.status, p.err.text);
        release(&p);
        if (!CHECK_INT(dt_mem_live(), live) || !fired) break;
    }
    fixture_free(&f);
}

int main(void)
{
    RUN(all_fields);
    RUN(bad_objects);
    RUN(spellings);
    RUN(hostile_xml);
    RUN(layouts);
    RUN(years);
    RUN(rules_and_fit);
    RUN(every_allocation_fails);
    return dt_test_end();
}
