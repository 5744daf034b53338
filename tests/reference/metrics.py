"""Writes metrics.json: predictions and the metrics that scikit-learn computes from them.

The stage `evaluate` is held to these values within 1e-12.

    pip install scikit-learn==1.9.1
    python3 tests/reference/metrics.py
"""

import json
import random
import warnings
from pathlib import Path

import sklearn
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

SCIKIT_LEARN = "1.9.1"
CLASSES = ["normal", "metastatic", "arthritic"]
SEED = 2021


def predictions(generator, count, labels):
    """Returns labels, probabilities in hundredths (so that many tie) and the first most probable class."""
    label, probability = [], []
    for _ in range(count):
        truth = generator.choice(labels)
        cuts = sorted(generator.randint(0, 20) for _ in range(2))
        parts = [5 * cuts[0], 5 * (cuts[1] - cuts[0]), 5 * (20 - cuts[1])]
        if generator.random() < 0.5:
            best = parts.index(max(parts))
            parts[truth], parts[best] = parts[best], parts[truth]
        label.append(truth)
        probability.append([part / 100 for part in parts])
    predicted = [row.index(max(row)) for row in probability]
    return label, probability, predicted


def metrics(label, probability, predicted):
    """Returns [class, metric, value] in the order of the stage's table; an undefined AUC is left out.

    scikit-learn refuses a macro AUC where a class is absent, so there is none.
    """
    rows = []
    specificities = []
    for index, name in enumerate(CLASSES):
        truth = [int(value == index) for value in label]
        answer = [int(value == index) for value in predicted]
        values = {
            "accuracy": accuracy_score(truth, answer),
            "precision": precision_score(truth, answer, zero_division=0),
            "sensitivity": recall_score(truth, answer, zero_division=0),
            "specificity": recall_score(truth, answer, pos_label=0, zero_division=0),
            "f1": f1_score(truth, answer, zero_division=0),
        }
        if 0 < sum(truth) < len(truth):
            values["auc"] = roc_auc_score(truth, [row[index] for row in probability])
        values["samples"] = sum(truth)
        rows += [[name, metric, value] for metric, value in values.items()]
        specificities.append(values["specificity"])

    classes = {"labels": [0, 1, 2], "average": "macro", "zero_division": 0}
    precision = precision_score(label, predicted, **classes)
    sensitivity = recall_score(label, predicted, **classes)
    rows += [
        ["macro", "accuracy", accuracy_score(label, predicted)],
        ["macro", "precision", precision],
        ["macro", "sensitivity", sensitivity],
        ["macro", "specificity", sum(specificities) / len(specificities)],
        ["macro", "f1", 2 * precision * sensitivity / (precision + sensitivity)],
        ["macro", "f1-mean", f1_score(label, predicted, **classes)],
    ]
    one_hot = [[int(value == index) for index in range(3)] for value in label]
    if all(0 < sum(column) for column in zip(*one_hot)):
        rows.append(["macro", "auc", roc_auc_score(label, probability, multi_class="ovr", average="macro")])
    rows.append(["macro", "samples", len(label)])
    flat_truth = [value for row in one_hot for value in row]
    flat_score = [value for row in probability for value in row]
    rows.append(["micro", "auc", roc_auc_score(flat_truth, flat_score)])
    return rows


def main():
    assert sklearn.__version__ == SCIKIT_LEARN, f"this needs scikit-learn {SCIKIT_LEARN}"
    warnings.simplefilter("error")
    generator = random.Random(SEED)
    cases = []
    for name, count, labels in [
        ("three classes with ties", 300, [0, 1, 2]),
        ("no arthritic sample", 200, [0, 1]),
        ("few samples", 7, [0, 1, 2]),
    ]:
        label, probability, predicted = predictions(generator, count, labels)
        cases.append(
            {
                "name": name,
                "label": label,
                "probability": probability,
                "predicted": predicted,
                "metrics": metrics(label, probability, predicted),
            }
        )
    document = {"scikit-learn": SCIKIT_LEARN, "classes": CLASSES, "cases": cases}
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
