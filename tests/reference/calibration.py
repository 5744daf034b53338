"""Writes calibration.json: predictions, their reliability curves, calibration errors and Brier scores.

The curves of single classes and all Brier scores are those of scikit-learn; the calibration errors follow from the
curves and their counts in NumPy, and so does the curve of the most probable class. The stage `calibration` is held
to these values within 1e-12.

    pip install numpy==2.4.6 scikit-learn==1.9.1
    python3 tests/reference/calibration.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

VERSIONS = {"numpy": "2.4.6", "sklearn": "1.9.1"}
CLASSES = ["normal", "metastatic", "arthritic"]
SEED = 2021


def curve(truth, probability, bins):
    """Returns [count, confidence, share that is true] of each bin, nothing but 0 of an empty one."""
    share, confidence = calibration_curve(truth, probability, n_bins=bins, strategy="uniform")
    counts = numpy.histogram(numpy.ceil(probability * bins).clip(1) - 1, range(bins + 1))[0]
    pairs = iter(zip(confidence.tolist(), share.tolist(), strict=True))
    return [[int(count), *next(pairs)] if count else [0, None, None] for count in counts]


def error(points, samples):
    """Returns the expected calibration error of a curve."""
    return sum(count * abs(confidence - share) for count, confidence, share in points if count) / samples


def case(generator, name, count, bins):
    label = generator.choice(3, count)
    raw = generator.random((count, 3)) ** 2
    raw[numpy.arange(count), label] += 0.3
    probability = raw / raw.sum(axis=1, keepdims=True)
    probability[0] = [0, 0, 1]
    one_hot = numpy.eye(3)[label]
    curves = {kind: curve(one_hot[:, index], probability[:, index], bins) for index, kind in enumerate(CLASSES)}
    right = probability.argmax(axis=1) == label
    curves["top"] = curve(right, probability.max(axis=1), bins)
    metrics, errors = [], []
    for index, kind in enumerate(CLASSES):
        errors.append(error(curves[kind], count))
        metrics.append([kind, "ece", errors[-1]])
        metrics.append([kind, "brier", brier_score_loss(one_hot[:, index], probability[:, index])])
    metrics.append(["macro", "ece", error(curves["top"], count)])
    metrics.append(["macro", "ece-mean", sum(errors) / 3])
    whole = brier_score_loss(label, probability, scale_by_half=False, labels=[0, 1, 2])
    metrics.append(["macro", "brier", whole])
    return {
        "name": name,
        "bins": bins,
        "label": label.tolist(),
        "probability": probability.tolist(),
        "curves": curves,
        "metrics": metrics,
    }


def main():
    for module in (numpy, sklearn):
        expected = VERSIONS[module.__name__]
        assert module.__version__ == expected, f"this needs {module.__name__} {expected}"
    generator = numpy.random.default_rng(SEED)
    cases = [case(generator, "ten bins", 200, 10), case(generator, "many bins for few samples", 12, 15)]
    document = {**VERSIONS, "classes": CLASSES, "cases": cases}
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
