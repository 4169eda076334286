#include "datasets/check/rules.h"

#include <string.h>

static const dt_rule rules[] = {
    {"image-missing", "A picture is not there", "Restore the file or take the entry out of the list."},
    {"image-unreadable", "A picture cannot be decoded", "Replace the file: training would stop or skip it."},
    {"image-truncated", "A picture is damaged or cut off",
     "Fetch it again: a part of its pixels is gray or wrong."},
    {"image-unsupported", "A file format that is not read", "Convert it to JPEG or PNG."},
    {"image-twice", "A picture is listed more than once", "Keep one entry."},
    {"image-near", "Two pictures of a split are nearly the same",
     "Keep one, or make sure that both are wanted."},
    {"split-leak", "A picture of one split is in another, too",
     "Keep such pictures on one side: scores on the other are too good otherwise."},
    {"label-missing", "A picture without label", "Right for a background; else add the label."},
    {"label-unreadable", "A label file cannot be read", "Check its rights and its encoding."},
    {"label-orphan", "A label file without picture", "Add the picture or remove the label."},
    {"label-beside", "A label lies beside its picture", "Fine for us; other tools want it under labels/."},
    {"labels-none", "A split without any label", "Check the folder names: images/ becomes labels/."},
    {"label-columns", "A row with the wrong number of columns", "A row is: class cx cy w h."},
    {"label-number", "A value is no number", "Correct the value."},
    {"stem-twice", "Two pictures share a name but for the extension",
     "Rename one: both take the same label."},
    {"size-missing", "The picture's size is not known", "Add <size> or the picture."},
    {"size-mismatch", "The annotated size is not the picture's",
     "Was the picture resized or turned after annotation? Then its boxes are wrong."},
    {"exif-orientation", "The picture is turned by its EXIF tag",
     "Some tools ignore the tag: rewrite the pixels upright to be safe."},
    {"filename-differs", "<filename> names another file", ""},
    {"filename-unsafe", "<filename> leads out of the folder", "Correct the name."},
    {"split-empty", "A split without pictures", "Check its folder or list."},
    {"split-skipped", "A list was not taken as a split", ""},
    {"split-missing", "A split is missing", "Add it to data.yaml."},
    {"xml-malformed", "An annotation is not well-formed XML", "Correct or replace it."},
    {"object-incomplete", "An object without name or box", "Complete or remove it."},
    {"object-twice", "The same object twice", "Remove one."},
    {"object-near", "Two nearly equal boxes of one class", "Remove one: the loss counts it twice."},
    {"object-conflict", "Two classes for the same box", "Decide for one."},
    {"class-range", "A class number out of range", "Compare names: with the labels."},
    {"class-unknown", "A class that is not in the list", "Correct the name or add the class."},
    {"class-base", "Class numbers seem to start at 1", "Subtract 1, or add the missing first name."},
    {"class-unused", "A class without objects", "Remove it from the names, or label some."},
    {"class-similar", "Two class names differ only in case or punctuation", "Make them one."},
    {"class-untrained", "A class is tested but not trained", "Move pictures with it into train."},
    {"class-untested", "A class is trained but not tested", "Move pictures with it into val."},
    {"box-inverted", "A box with maximum below minimum", "Swap the corners."},
    {"box-empty", "A box without area", "Remove it."},
    {"box-outside", "A box reaches over the picture", "Cut it at the edge."},
    {"box-not-normalised", "A box in pixels where fractions belong", "Divide by width and height."},
    {"box-small", "A box smaller than a cell of the finest grid",
     "Train at a larger --imgsz, or in tiles: such objects are hardly found."},
    {"difficult", "An object marked as difficult", ""},
    {"coordinate-base", "Where the coordinates start", ""},
    {"crowd", "An annotation of a crowd, not of one object", ""},
    {"fields-lost", "Values that the target format cannot hold", ""},
    {"image-unknown", "An annotation of a picture that the file does not list",
     "Remove it or add the picture."},
    {"category-unknown", "An annotation of a category that the file does not list", "Add the category."},
    {"category-twice", "Two categories have the same name", "Give each its own, or merge them."},
    {"category-ids", "Category ids with gaps: classes are numbered in their order", ""},
    {"filtered", "Left out by a filter", ""},
    {"left-out", "Left out of new splits", ""},
    {"group-none", "A name that the group expression does not match", "It was divided as a group of its own."},
    {"group-large", "Pictures that belong together are more than their split was to have",
     "Choose a finer group, or other shares."},
    {"image-joined", "A picture of two sets became one", ""},
    {"object-joined", "Two labels of one object became one", ""},
    {"cropped", "Cut out as a picture of its own", ""},
    {"class-mapped", "Another class, or none, by a map", ""},
    {"id-changed", "An id that two sources use", ""},
    {"split-same", "A split that holds the same pictures as another", ""},
    {"folder-skipped", "A folder that was not searched for pictures", ""},
    {"path-base", "Where the relative paths of obj.data start", ""},
    {"config-missing", "Class names that come from classes.txt", "Add a data.yaml: other tools want one."},
    {"name-changed", "A picture that had to be given another name", ""},
};

const dt_rule *dt_rules(size_t *count)
{
    *count = sizeof rules / sizeof *rules;
    return rules;
}

const dt_rule *dt_rule_find(const char *id)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].id, id) == 0) return &rules[i];
    return NULL;
}
