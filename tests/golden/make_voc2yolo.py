#!/usr/bin/env python3
"""Label files of the plain VOC-to-YOLO script that the toolkit's raw rule must reproduce byte for byte.

    python make_voc2yolo.py BCCD_FOLDER > bccd_script.sha256

The script: raw coordinates, class numbers from 1 (0 is background), difficult objects left out, str() of Python floats.
Classes are BCCD's, sorted. Prints one `sha256sum -c` line a label file of train, val and test.
"""
import hashlib
import os
import sys
import xml.etree.ElementTree as ET

CLASSES = ["Platelets", "RBC", "WBC"]


def rows(xml_file):
    tree = ET.parse(xml_file)
    size = tree.find("size")
    w, h = int(size.find("width").text), int(size.find("height").text)
    out = ""
    for obj in tree.findall("object"):
        name = obj.find("name").text
        if name not in CLASSES or int(obj.find("difficult").text) == 1:
            continue
        xmin, xmax, ymin, ymax = (float(obj.find("bndbox").find(k).text) for k in ("xmin", "xmax", "ymin", "ymax"))
        box = ((xmin + xmax) / 2.0 / w, (ymin + ymax) / 2.0 / h, (xmax - xmin) / w, (ymax - ymin) / h)
        out += str(CLASSES.index(name) + 1) + " " + " ".join(str(v) for v in box) + "\n"
    return out


root = sys.argv[1]
for split in ("train", "val", "test"):
    with open(os.path.join(root, "ImageSets/Main", split + ".txt")) as f:
        for name in (line.strip() for line in f if line.strip()):
            text = rows(os.path.join(root, "Annotations", name + ".xml"))
            print(hashlib.sha256(text.encode()).hexdigest() + f"  labels/{split}/{name}.txt")
