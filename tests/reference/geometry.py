"""Writes geometry.json: small images, shifted and turned by SciPy.

The operations of the stage `augment` are held to these values within 1e-5, at the border too: what comes from outside
is 0, and a pixel at the border is interpolated with it (`grid-constant`).

    pip install scipy==1.17.1
    python3 tests/reference/geometry.py
"""

import json
import random
from pathlib import Path

import numpy
import scipy
from scipy import ndimage

SCIPY = "1.17.1"
SEED = 2021
OUTSIDE = {"order": 1, "mode": "grid-constant", "cval": 0.0, "prefilter": False}


def apply(image, operation, by):
    """Returns what SciPy makes of an image; shifts are pixels of an image 256 columns wide."""
    shift = by * image.shape[1] / 256
    if operation == "translate-x":
        return ndimage.shift(image, (0, shift), **OUTSIDE)
    if operation == "translate-y":
        return ndimage.shift(image, (shift, 0), **OUTSIDE)
    return ndimage.rotate(image, by, reshape=False, **OUTSIDE)


def main():
    assert scipy.__version__ == SCIPY, f"this needs SciPy {SCIPY}"
    generator = random.Random(SEED)
    images = [
        [[generator.randint(0, 100) / 100 for _ in range(cols)] for _ in range(rows)]
        for rows, cols in [(24, 16), (7, 12), (1, 64)]
    ]
    operations = [("translate-x", 6), ("translate-x", -40), ("translate-y", 5), ("translate-y", -64)]
    operations += [("rotate", degrees) for degrees in (1, -2, 5, 33, -90)]
    cases = [
        {"image": index, "operation": operation, "by": by, "pixels": [round(float(value), 9) for value in made.flat]}
        for index, image in enumerate(images)
        for operation, by in operations
        for made in [apply(numpy.array(image), operation, by)]
    ]
    document = {"scipy": SCIPY, "images": images, "cases": cases}
    text = json.dumps(document, separators=(",", ":")).replace('{"image"', '\n{"image"')
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
