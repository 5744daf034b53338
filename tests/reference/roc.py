"""Writes roc.json: the ROC curves that scikit-learn draws of the predictions in metrics.json.

The panel `roc` of the stage `figure` is held to these corners and areas within 1e-12. The macro curve is the mean of
the classes' at every false positive rate, as in scikit-learn's own example of ROC with several classes; there is none
where a class is absent.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    python3 tests/reference/roc.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.metrics import auc, roc_curve

SCIKIT_LEARN = "1.9.1"
CLASSES = ["normal", "metastatic", "arthritic"]


def curve(truth, score):
    """Returns the corners of a curve and the area below it, without dropping any corner."""
    false_positive, true_positive, _ = roc_curve(truth, score, drop_intermediate=False)
    return {"x": false_positive.tolist(), "y": true_positive.tolist(), "area": auc(false_positive, true_positive)}


def curves(case):
    """Returns the curves of a case by name, those of classes that are absent left out."""
    label, probability = numpy.array(case["label"]), numpy.array(case["probability"])
    truth = label[:, None] == numpy.arange(3)
    found = {
        name: curve(truth[:, index], probability[:, index])
        for index, name in enumerate(CLASSES)
        if 0 < truth[:, index].sum() < len(label)
    }
    of_classes = list(found.values())
    found["micro"] = curve(truth.ravel(), probability.ravel())
    if len(of_classes) == len(CLASSES):
        places = numpy.unique(numpy.concatenate([one["x"] for one in of_classes]))
        mean = numpy.mean([numpy.interp(places, one["x"], one["y"]) for one in of_classes], axis=0)
        area = numpy.mean([one["area"] for one in of_classes])
        found["macro"] = {"x": places.tolist(), "y": mean.tolist(), "area": float(area)}
    return found


def main():
    assert sklearn.__version__ == SCIKIT_LEARN, f"this needs scikit-learn {SCIKIT_LEARN}"
    folder = Path(__file__).parent
    cases = json.loads((folder / "metrics.json").read_text())["cases"]
    document = {case["name"]: curves(case) for case in cases}
    text = json.dumps(document, separators=(",", ":")).replace('{"x"', '\n{"x"')
    (folder / "roc.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
