"""Writes agreement.json: what readers say of images, and Fleiss' kappa of it as statsmodels computes it.

The stage `agreement` is held to these values within 1e-9.

    pip install statsmodels==0.15.0
    python3 tests/reference/agreement.py
"""

import json
import math
import random
import warnings
from pathlib import Path

import numpy
import statsmodels
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

STATSMODELS = "0.15.0"
LABELS = ["normal", "metastatic", "arthritic", "both"]
VIEWS = {
    "label": lambda label: LABELS.index(label),
    "abnormal": lambda label: int(label != "normal"),
    "metastatic": lambda label: int(label in ("metastatic", "both")),
    "arthritic": lambda label: int(label in ("arthritic", "both")),
}
SEED = 2021


def kappa(images, view):
    """Returns the kappa of one view of the labels; null if it is undefined."""
    table, _ = aggregate_raters(numpy.array([[view(label) for label in said] for said in images]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = fleiss_kappa(table, method="fleiss")
    return None if math.isnan(value) else float(value)


def case(generator, name, images, readers, honesty, labels):
    """Returns labels of readers who tell the truth with some probability and else any label."""
    said = []
    for _ in range(images):
        truth = generator.choice(labels)
        said.append([truth if generator.random() < honesty else generator.choice(labels) for _ in range(readers)])
    return {"name": name, "images": said, "kappa": {row: kappa(said, view) for row, view in VIEWS.items()}}


def main():
    assert statsmodels.__version__ == STATSMODELS, f"this needs statsmodels {STATSMODELS}"
    generator = random.Random(SEED)
    cases = [
        case(generator, "three readers who mostly agree", 120, 3, 0.85, LABELS),
        case(generator, "four readers who draw lots", 60, 4, 0.0, LABELS),
        case(generator, "two readers of one disease", 40, 2, 0.6, ["normal", "arthritic"]),
        case(generator, "nothing to disagree on", 10, 3, 1.0, ["normal"]),
    ]
    document = {"statsmodels": STATSMODELS, "cases": cases}
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
