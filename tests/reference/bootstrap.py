"""Writes bootstrap.json: predictions of several runs, resamples of their images, and SciPy's percentile intervals.

The stage `tabulate` is held to these intervals within 1e-9: of the mean over the runs of each metric, where images are
drawn for all runs at once. The resamples are SciPy's own, recorded while it draws them.

    pip install scipy==1.17.1 scikit-learn==1.9.1 numpy==2.4.6
    python3 tests/reference/bootstrap.py
"""

import json
import random
import warnings
from pathlib import Path

import numpy
import scipy
from scipy.stats import bootstrap
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score, roc_auc_score

SCIPY = "1.17.1"
RESAMPLES = 200
SEED = 2021


class Recorder(numpy.random.Generator):
    """A generator that keeps the integers it draws: the resamples."""

    def __init__(self, seed):
        super().__init__(numpy.random.PCG64(seed))
        self.drawn = None

    def integers(self, *arguments, **options):
        self.drawn = super().integers(*arguments, **options)
        return self.drawn


def runs(generator, images, count, share_of_both):
    """Returns runs, each a list of (image, label, probability): some images in several runs, some twice in one."""
    labels = [[generator.randrange(3)] for _ in range(images)]
    for label in labels:
        if generator.random() < share_of_both:
            label[:] = [1, 2]
    found = []
    for _ in range(count):
        samples = []
        for image, truths in enumerate(labels):
            for truth in truths:
                if generator.random() < 0.6:
                    cuts = sorted(generator.randint(0, 20) for _ in range(2))
                    parts = [5 * cuts[0], 5 * (cuts[1] - cuts[0]), 5 * (20 - cuts[1])]
                    best = parts.index(max(parts))
                    if generator.random() < 0.5:
                        parts[truth], parts[best] = parts[best], parts[truth]
                    samples.append((image, truth, [part / 100 for part in parts]))
        found.append(samples)
    return found


def measure(samples):
    """Returns the macro metrics of the samples of one run."""
    label = [truth for _, truth, _ in samples]
    probability = numpy.array([row for _, _, row in samples])
    predicted = [int(row.argmax()) for row in probability]
    classes = {"labels": [0, 1, 2], "average": "macro", "zero_division": 0}
    precision = precision_score(label, predicted, **classes)
    sensitivity = recall_score(label, predicted, **classes)
    one_against_rest = [([int(value == index) for value in label], index) for index in range(3)]
    specificity = [
        recall_score(truth, [int(value == index) for value in predicted], pos_label=0, zero_division=0)
        for truth, index in one_against_rest
    ]
    areas = [
        roc_auc_score(truth, probability[:, index])
        for truth, index in one_against_rest
        if 0 < sum(truth) < len(truth)
    ]
    harmonic = 2 * precision * sensitivity / (precision + sensitivity) if precision + sensitivity > 0 else 0.0
    return {
        "accuracy": accuracy_score(label, predicted),
        "precision": precision,
        "sensitivity": sensitivity,
        "specificity": sum(specificity) / 3,
        "f1": harmonic,
        "f1-mean": f1_score(label, predicted, **classes),
        "auc": sum(areas) / len(areas),
    }


def case(name, generator, images, count, share_of_both):
    found = runs(generator, images, count, share_of_both)
    used = sorted({image for samples in found for image, _, _ in samples})
    samples_of = [[[sample for sample in samples if sample[0] == image] for image in used] for samples in found]

    def mean(metric):
        def statistic(positions):
            drawn = [[sample for at in positions for sample in of_run[int(at)]] for of_run in samples_of]
            return sum(measure(samples)[metric] for samples in drawn) / count

        return statistic

    intervals, resamples = [], None
    for metric in measure(found[0]):
        recorder = Recorder(SEED)
        result = bootstrap(
            (numpy.arange(len(used)),),
            mean(metric),
            n_resamples=RESAMPLES,
            method="percentile",
            vectorized=False,
            rng=recorder,
        )
        resamples = recorder.drawn.tolist()
        intervals.append([metric, float(result.confidence_interval.low), float(result.confidence_interval.high)])
    return {"name": name, "runs": found, "resamples": resamples, "intervals": intervals}


def main():
    assert scipy.__version__ == SCIPY, f"this needs SciPy {SCIPY}"
    warnings.simplefilter("error")
    generator = random.Random(SEED)
    cases = [
        case("three runs that share images", generator, 40, 3, 0.2),
        case("one run", generator, 30, 1, 0.0),
    ]
    document = {"scipy": SCIPY, "cases": cases}
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
