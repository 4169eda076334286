"""Loads what `dettool convert ...2coco` wrote with pycocotools and compares it with its source.

    dettool convert voc2coco VOC out && python check_coco_output.py out [--same-boxes SOURCE.json SPLIT]

Not a test of the suite, which needs no Python: run by hand when the writer changes.
"""
import argparse
import json
import pathlib

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def check_file(path, images):
    gt = COCO(str(path))
    raw = json.loads(path.read_text())
    assert len(gt.imgs) == len(raw["images"]) and len(gt.anns) == len(raw["annotations"]), "an id is used twice"
    assert sorted(gt.cats) == list(range(1, len(gt.cats) + 1))
    assert sorted(gt.anns) == list(range(1, len(gt.anns) + 1)), "annotation ids from 1 (0 is no id to pycocotools)"
    for image in gt.imgs.values():
        assert (images / image["file_name"]).exists(), image["file_name"]
    for a in gt.anns.values():
        image, (x, y, w, h) = gt.imgs[a["image_id"]], a["bbox"]
        assert w > 0 and h > 0 and x >= 0 and y >= 0
        assert x + w <= image["width"] + 1e-9 and y + h <= image["height"] + 1e-9, a
    # Its own boxes as detections: a perfect score, so all of it can be evaluated.
    dets = [{k: a[k] for k in ("image_id", "category_id", "bbox")} | {"score": 1.0}
            for a in gt.anns.values() if not a["iscrowd"]]
    e = COCOeval(gt, gt.loadRes(dets), "bbox")
    e.params.maxDets = [1, 10, 1000]
    e.evaluate()
    e.accumulate()
    ap = e.eval["precision"][:, :, :, 0, -1]
    print(f"{path.name}: {len(gt.imgs)} images, {len(gt.anns)} annotations, {len(gt.cats)} categories, "
          f"AP of itself {ap[ap > -1].mean():.6f}")
    return gt


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--same-boxes", nargs=2, metavar=("SOURCE.json", "SPLIT"))
    args = p.parse_args()
    loaded = {}
    for path in sorted(args.out.glob("annotations/instances_*.json")):
        split = path.stem.removeprefix("instances_")
        loaded[split] = check_file(path, args.out / "images" / split)
    assert loaded, "no annotations/instances_*.json"
    if args.same_boxes:
        source, mine = COCO(args.same_boxes[0]), loaded[args.same_boxes[1]]

        def boxes(c):
            return sorted((c.imgs[a["image_id"]]["file_name"], c.cats[a["category_id"]]["name"],
                           *(round(v, 6) for v in a["bbox"])) for a in c.anns.values() if not a["iscrowd"])
        assert boxes(source) == boxes(mine), "boxes differ"
        print("the same boxes as", args.same_boxes[0])


if __name__ == "__main__":
    main()
