#!/usr/bin/env python3
"""Small pictures of every kind that the image decoders read, and their pixels as Pillow decodes them.

    python make_images.py        writes images/*.jpg, images/*.png and images/expected.txt beside itself

Each line of expected.txt: file, stored width and height, EXIF orientation, channels and bits of the file, tolerance in
levels, RGB pixels of the upright picture in hex, gray pixels in hex ("-" where they are not checked).
Pillow with libjpeg-turbo; numpy. OpenCV is compared where it is installed and must agree on the colour JPEGs.
"""
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")
W, H = 16, 12


def picture(w=W, h=H):
    """Four unlike corners, a gradient and a sharp letter-like mark: no symmetry hides a wrong orientation."""
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([x * 255 // (w - 1), y * 255 // (h - 1), (x * 7 + y * 13) % 256], -1).astype(np.uint8)
    a[1:h // 2, 2:4] = (250, 20, 10)
    a[1:3, 2:w // 2] = (250, 20, 10)
    a[h - 3:h - 1, w - 4:w - 1] = (0, 30, 240)
    return a


def exif(orientation, big=False, type_=3):
    e = ">" if big else "<"
    value = struct.pack(e + "HH", orientation, 0) if type_ == 3 else struct.pack(e + "I", orientation)
    ifd = struct.pack(e + "H", 2)
    ifd += struct.pack(e + "HHI", 0x010F, 2, 4) + b"Cam\0"
    ifd += struct.pack(e + "HHI", 0x0112, type_, 1) + value
    return (b"MM" if big else b"II") + struct.pack(e + "HI", 42, 8) + ifd + struct.pack(e + "I", 0)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(w, h, bits, colour, rows, extra=b"", interlace=0, late=b""):
    raw = b"".join(b"\0" + r for r in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, interlace)) + extra
            + chunk(b"IDAT", zlib.compress(raw, 9)) + late + chunk(b"IEND", b""))


def adam7(a):
    """Rows of the seven passes of a picture (h, w, bytes a pixel)."""
    rows = []
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = a[y0::dy, x0::dx]
        if part.shape[1]:
            rows += [r.tobytes() for r in part]
    return rows


def luma(rgb):
    r, g, b = (rgb[..., i].astype(np.uint32) for i in range(3))
    return ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16).astype(np.uint8)


def over_white(colour, alpha):
    a = alpha.astype(np.uint32)[..., None]
    out = ((colour.astype(np.uint32) * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)
    pil = Image.alpha_composite(Image.new("RGBA", colour.shape[1::-1], "white"),
                                Image.fromarray(np.dstack([colour, alpha]), "RGBA")).convert("RGB")
    assert np.abs(np.asarray(pil).astype(int) - out).max() <= 1
    return out


lines = []


def add(name, data, channels, bits, orientation=1, rgb=None, gray=None, tolerance=0):
    path = os.path.join(HERE, name)
    with open(path, "wb") as f:
        f.write(data)
    im = Image.open(path)
    w, h = im.size
    if rgb is None:
        rgb = np.asarray(ImageOps.exif_transpose(im).convert("RGB"))
    lines.append(f"{name} {w} {h} {orientation} {channels} {bits} {tolerance} {np.ascontiguousarray(rgb).tobytes().hex()} "
                 f"{np.ascontiguousarray(gray).tobytes().hex() if gray is not None else '-'}\n")
    try:
        import cv2
    except ImportError:
        return
    if name.endswith(".jpg") and channels == 3 and name != "exif_long.jpg":  # OpenCV reads SHORT alone
        other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.array_equal(other, rgb), name


def jpeg(a, mode="RGB", **kw):
    out = io.BytesIO()
    Image.fromarray(a, mode).save(out, "JPEG", **kw)
    return out.getvalue()


def main():
    os.makedirs(HERE, exist_ok=True)
    a = picture()
    for o in range(1, 9):
        add(f"exif{o}.jpg", jpeg(a, quality=90, exif=b"Exif\0\0" + exif(o, big=o % 2 == 0)), 3, 8, o)
        add(f"exif{o}.png", png(W, H, 8, 2, [r.tobytes() for r in a], chunk(b"eXIf", exif(o, big=o % 2 == 1))), 3, 8, o)
    # The Exif block in odd forms: LONG instead of SHORT, value 0 and 9 (ignored), behind the pixels.
    add("exif_long.jpg", jpeg(a, quality=90, exif=b"Exif\0\0" + exif(6, True, 4)), 3, 8, 6,
        rgb=np.asarray(Image.open(io.BytesIO(jpeg(a, quality=90))).transpose(Image.Transpose.ROTATE_270)))
    add("exif_bad.jpg", jpeg(a, quality=90, exif=b"Exif\0\0" + exif(9)), 3, 8, 1,
        rgb=np.asarray(Image.open(io.BytesIO(jpeg(a, quality=90)))))
    add("exif_late.png", png(W, H, 8, 2, [r.tobytes() for r in a], late=chunk(b"eXIf", exif(8))), 3, 8, 8,
        rgb=np.rot90(a, 1))

    odd = picture(19, 13)
    for name, kw in (("420", dict(subsampling=2)), ("422", dict(subsampling=1)), ("444", dict(subsampling=0)),
                     ("progressive", dict(progressive=True)), ("low", dict(quality=20))):
        data = jpeg(odd, **{"quality": 85, **kw})
        gray = Image.open(io.BytesIO(data))
        gray.draft("L", gray.size)
        add(f"{name}.jpg", data, 3, 8, gray=np.asarray(gray.convert("L")))
    g = luma(odd)
    data = jpeg(g, "L", quality=85)
    add("gray.jpg", data, 1, 8, gray=np.asarray(Image.open(io.BytesIO(data))))
    ink = np.dstack([255 - odd, np.full(odd.shape[:2], 40, np.uint8)])
    data = jpeg(ink, "CMYK", quality=90)
    add("cmyk.jpg", data, 4, 8, tolerance=1)
    # The same coefficients called YCCK by Adobe's marker; Pillow and libjpeg-turbo convert it to CMYK.
    at = data.index(b"Adobe") + 11
    add("ycck.jpg", data[:at] + b"\2" + data[at + 1:], 4, 8, tolerance=1)
    add("extraneous.jpg", (lambda d: d[:-2] + b"\1\2\3" + d[-2:])(jpeg(odd, quality=85)), 3, 8)
    add("jpeg_named.png", jpeg(odd, quality=85), 3, 8)

    rng = np.random.default_rng(1)
    alpha = rng.integers(0, 256, (H, W), dtype=np.uint8)
    alpha[0, :8] = 0
    alpha[1, :8] = 255
    add("rgb.png", png(W, H, 8, 2, [r.tobytes() for r in a]), 3, 8, gray=luma(a))
    add("rgb_interlaced.png", png(19, 13, 8, 2, adam7(odd), interlace=1), 3, 8)
    add("rgba.png", png(W, H, 8, 6, [r.tobytes() for r in np.dstack([a, alpha])]), 4, 8, rgb=over_white(a, alpha),
        gray=luma(over_white(a, alpha)))
    ga = luma(a)
    g3 = np.repeat(ga[..., None], 3, 2)
    add("gray.png", png(W, H, 8, 0, [r.tobytes() for r in ga]), 1, 8, gray=ga)
    add("gray_alpha.png", png(W, H, 8, 4, [r.tobytes() for r in np.dstack([ga, alpha])]), 2, 8, rgb=over_white(g3, alpha),
        gray=over_white(g3, alpha)[..., 0])
    wide = rng.integers(0, 65536, (H, W, 3), dtype=np.uint16)
    add("rgb16.png", png(W, H, 16, 2, [r.astype(">u2").tobytes() for r in wide]), 3, 16, rgb=(wide >> 8).astype(np.uint8))
    add("gray16.png", png(W, H, 16, 0, [r.astype(">u2").tobytes() for r in wide[..., 0]]), 1, 16,
        rgb=np.repeat((wide[..., :1] >> 8).astype(np.uint8), 3, 2), gray=(wide[..., 0] >> 8).astype(np.uint8))
    wide4 = np.dstack([wide, rng.integers(0, 65536, (H, W), dtype=np.uint16)])
    add("rgba16.png", png(W, H, 16, 6, [r.astype(">u2").tobytes() for r in wide4]), 4, 16,
        rgb=over_white((wide >> 8).astype(np.uint8), (wide4[..., 3] >> 8).astype(np.uint8)))
    palette = rng.integers(0, 256, (16, 3), dtype=np.uint8)
    index = rng.integers(0, 16, (H, W), dtype=np.uint8)
    packed = [(r[0::2] << 4 | r[1::2]).astype(np.uint8).tobytes() for r in index]
    plte = chunk(b"PLTE", palette.tobytes())
    add("palette4.png", png(W, H, 4, 3, packed, plte), 1, 4)
    add("palette8.png", png(W, H, 8, 3, [r.tobytes() for r in index], plte), 1, 8)
    clear = np.full(16, 255, np.uint8)
    clear[3], clear[5] = 0, 100
    add("palette_trns.png", png(W, H, 8, 3, [r.tobytes() for r in index], plte + chunk(b"tRNS", clear[:6].tobytes())), 1, 8,
        rgb=over_white(palette[index], clear[index]))
    key = (index == 7)
    keyed = np.where(key, 77, ga).astype(np.uint8)
    add("gray_trns.png", png(W, H, 8, 0, [r.tobytes() for r in keyed], chunk(b"tRNS", struct.pack(">H", 77))), 1, 8,
        rgb=over_white(np.repeat(keyed[..., None], 3, 2), np.where(keyed == 77, 0, 255).astype(np.uint8)))
    for bits in (1, 2, 4):
        v = rng.integers(0, 1 << bits, (H, W), dtype=np.uint8)
        per = 8 // bits
        rows = [bytes(int(sum(int(r[x + i]) << (8 - bits * (i + 1)) for i in range(per))) for x in range(0, W, per)) for r in v]
        full = (v * (255 // ((1 << bits) - 1))).astype(np.uint8)
        add(f"gray{bits}.png", png(W, H, bits, 0, rows), 1, bits, rgb=np.repeat(full[..., None], 3, 2), gray=full)
    add("one_pixel.png", png(1, 1, 8, 2, [b"\x0a\x14\x1e"]), 3, 8)
    with open(os.path.join(HERE, "expected.txt"), "w") as f:
        f.writelines(lines)


main()
