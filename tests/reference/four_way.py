"""Writes four-way.json: probabilities of three classes, and the metrics of the answers in four classes that follow.

The rule that makes four classes of three is written out below; all metrics are those of scikit-learn. The stage
`four-way` is held to these values within 1e-12.

    pip install numpy==2.4.6 scikit-learn==1.9.1
    python3 tests/reference/four_way.py
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, recall_score, roc_auc_score

VERSIONS = {"numpy": "2.4.6", "sklearn": "1.9.1"}
CLASSES = ["normal", "metastatic", "arthritic", "both"]
SEED = 2021


def answers(probability, tau):
    """Both diseases where they are the two most probable classes and the second has at least tau."""
    normal, second = probability[:, 0], probability[:, 1:].min(axis=1)
    return numpy.where((normal < second) & (second >= tau), 3, probability.argmax(axis=1))


def binary(name, truth, answer):
    """Returns the metrics of one class against the rest."""
    precision, sensitivity, f1, _ = precision_recall_fscore_support(truth, answer, average="binary", zero_division=0)
    rows = {
        "accuracy": accuracy_score(truth, answer),
        "precision": precision,
        "sensitivity": sensitivity,
        "specificity": recall_score(~truth, ~answer, zero_division=0),
        "f1": f1,
        "images": float(truth.sum()),
    }
    return [[name, metric, float(value)] for metric, value in rows.items()]


def case(generator, name, count, classes, tau):
    label = generator.choice(classes, count)
    raw = generator.random((count, 3)) ** 2
    for index, (metastatic, arthritic) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        raw[label == index] += numpy.array([0.3 * (index == 0), 0.3 * metastatic, 0.3 * arthritic])
    probability = raw / raw.sum(axis=1, keepdims=True)
    answer = answers(probability, tau)
    metrics = [row for index, word in enumerate(CLASSES) for row in binary(word, label == index, answer == index)]
    metrics += binary("abnormal", label != 0, answer != 0)
    if len(set(label != 0)) == 2:
        metrics.append(["abnormal", "auc", float(roc_auc_score(label != 0, 1 - probability[:, 0]))])
    if (label == 3).any():
        pair = numpy.sort(probability[label == 3, 1:], axis=1)
        metrics += [["both", "first", float(pair[:, 1].mean())], ["both", "second", float(pair[:, 0].mean())]]
    precision, sensitivity, _, _ = precision_recall_fscore_support(
        label, answer, labels=range(4), average="macro", zero_division=0
    )
    specificity = numpy.mean([value for word, metric, value in metrics if metric == "specificity" and word in CLASSES])
    sums = precision + sensitivity
    metrics += [
        ["macro", "accuracy", accuracy_score(label, answer)],
        ["macro", "precision", float(precision)],
        ["macro", "sensitivity", float(sensitivity)],
        ["macro", "specificity", float(specificity)],
        ["macro", "f1", float(2 * precision * sensitivity / sums) if sums else 0.0],
        ["macro", "images", float(count)],
    ]
    return {
        "name": name,
        "tau": tau,
        "label": label.tolist(),
        "probability": probability.tolist(),
        "metrics": metrics,
    }


def main():
    for module in (numpy, sklearn):
        expected = VERSIONS[module.__name__]
        assert module.__version__ == expected, f"this needs {module.__name__} {expected}"
    generator = numpy.random.default_rng(SEED)
    cases = [
        case(generator, "all four classes", 200, [0, 1, 2, 3], 0.05),
        case(generator, "a high threshold", 60, [0, 1, 2, 3], 0.3),
        case(generator, "no image with both diseases", 40, [0, 1, 2], 0.05),
        case(generator, "no normal image", 20, [1, 2, 3], 0.05),
    ]
    document = {**VERSIONS, "classes": CLASSES, "cases": cases}
    target = Path(__file__).with_name("four-way.json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
