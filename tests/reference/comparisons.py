"""Writes comparisons.json: classifiers on the same samples, and whether they differ beyond chance.

McNemar's test and Holm's correction are those of statsmodels, DeLong's test of one class against the rest is that of
MLstatkit. The macro average, which no package has, is computed here from the definition, over all pairs of a sample of
a class and one of another; so computed, the classes agree with MLstatkit to 1e-12:

    psi(x, y) = 1 if x > y, 1/2 if x = y, 0 otherwise
    V10(x)    = mean of psi(x, y) over all y of the rest,  V01(y) = mean of psi(x, y) over all x of the class
    AUC       = mean of V10
    variance  = var(V10[a] - V10[b]) / m + var(V01[a] - V01[b]) / n        (sample variances, m in the class, n rest)

The macro AUC is the mean over the classes. A sample takes part in it once as one of its class and otherwise as one
of the rest; each class is a sample of its own:

    D(s)      = 1/3 (V10(s) / m_c + sum over other classes k of V01_k(s) / (n - m_k))          c: the class of s
    variance  = sum over classes c of m_c * (sample variance over the class c of D[a] - D[b])

For two classes this is DeLong's variance; the script holds it to a bootstrap within a tenth. The stage `compare` is
held to all values within 1e-9.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 mlstatkit==0.1.91
    python3 tests/reference/comparisons.py
"""

import json
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy
from MLstatkit import Delong_test
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

VERSIONS = {"numpy": "2.4.6", "scipy": "1.17.1", "statsmodels": "0.15.0", "mlstatkit": "0.1.91"}
CLASSES = ["normal", "metastatic", "arthritic"]
FEWEST_FOR_CHI_SQUARED = 25
SEED = 2021


def probabilities(generator, label, skill):
    """Returns probabilities in 64ths, so that many tie; `skill` moves mass to the label."""
    raw = generator.random((len(label), 3))
    raw[numpy.arange(len(label)), label] += skill
    parts = numpy.floor(64 * raw / raw.sum(axis=1, keepdims=True))
    parts[:, 2] = 64 - parts[:, 0] - parts[:, 1]
    return parts / 64


def placements(label, score, index):
    """Returns V10 of the samples of a class and V01 of the others, in one array."""
    inside = label == index
    psi = (score[inside][:, None] > score[~inside]) + 0.5 * (score[inside][:, None] == score[~inside])
    values = numpy.empty(len(label))
    values[inside], values[~inside] = psi.mean(axis=1), psi.mean(axis=0)
    return values


def areas(label, probability):
    """Returns the AUC of each class."""
    values = [placements(label, probability[:, index], index) for index in range(3)]
    return numpy.array([values[index][label == index].mean() for index in range(3)])


def delong(label, first, second):
    """Returns (class, difference, variance) for each class and for the macro average."""
    contrast = [
        placements(label, first[:, index], index) - placements(label, second[:, index], index) for index in range(3)
    ]
    rows = []
    share = numpy.zeros(len(label))
    for index, name in enumerate(CLASSES):
        inside = label == index
        ours, rest = contrast[index][inside], contrast[index][~inside]
        rows.append((name, ours.mean(), ours.var(ddof=1) / len(ours) + rest.var(ddof=1) / len(rest)))
        share += numpy.where(inside, contrast[index] / len(ours), contrast[index] / len(rest)) / 3
    variance = sum((label == index).sum() * share[label == index].var(ddof=1) for index in range(3))
    rows.append(("macro", (areas(label, first) - areas(label, second)).mean(), variance))
    return rows


def bootstrapped(generator, label, first, second):
    """Returns the variance of the difference of macro AUC over samples drawn anew within each class."""
    of_class = [numpy.flatnonzero(label == index) for index in range(3)]
    differences = []
    for _ in range(4000):
        drawn = numpy.concatenate([generator.choice(members, len(members)) for members in of_class])
        differences.append((areas(label[drawn], first[drawn]) - areas(label[drawn], second[drawn])).mean())
    return numpy.var(differences, ddof=1)


def comparisons(label, classifiers):
    """Returns the rows of the stage's table, without the cell."""
    rows = []
    for first, second in combinations(classifiers, 2):
        right = [classifiers[name].argmax(axis=1) == label for name in (first, second)]
        alone = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
        exact = sum(alone) < FEWEST_FOR_CHI_SQUARED
        assert exact or alone[0] != alone[1], "the continuity correction does not reach beyond 0 in the stage"
        test = mcnemar([[0, alone[0]], [alone[1], 0]], exact=exact, correction=True)
        kind = "mcnemar-exact" if exact else "mcnemar-chi-squared"
        difference = right[0].mean() - right[1].mean()
        rows.append([first, second, kind, "macro", difference, float(test.statistic), float(test.pvalue)])
        for name, difference, variance in delong(label, classifiers[first], classifiers[second]):
            statistic = difference / numpy.sqrt(variance)
            p = 2 * norm.sf(abs(statistic))
            if name != "macro":
                index = CLASSES.index(name)
                scores = [classifiers[kind][:, index] for kind in (first, second)]
                # Its z is that of the second against the first.
                z, other = Delong_test(label == index, *scores, return_ci=False, return_auc=False)
                assert abs(statistic + z) < 1e-12 and abs(p - other) < 1e-12, (first, second, name)
                statistic, p = -z, other
            rows.append([first, second, "delong", name, float(difference), float(statistic), float(p)])
    for family in {(row[2].split("-")[0], row[3]) for row in rows}:
        members = [row for row in rows if (row[2].split("-")[0], row[3]) == family]
        for row, p in zip(members, multipletests([row[6] for row in members], method="holm")[1]):
            row.append(float(p))
    return rows


def main():
    for package, expected in VERSIONS.items():
        assert version(package) == expected, f"this needs {package} {expected}"
    generator = numpy.random.default_rng(SEED)
    cases = []
    for name, count, skills in [
        ("many samples", 240, {"good": 0.6, "better": 0.8, "poor": 0.2}),
        ("few samples", 30, {"good": 0.8, "poor": 0.1}),
    ]:
        label = generator.choice(3, count, p=[0.25, 0.35, 0.4])
        classifiers = {kind: probabilities(generator, label, skill) for kind, skill in skills.items()}
        if count > 100:
            pair = classifiers["good"], classifiers["poor"]
            ratio = delong(label, *pair)[-1][2] / bootstrapped(generator, label, *pair)
            assert 0.9 < ratio < 1.1, f"the variance of the macro AUC is {ratio} times the bootstrap's"
        cases.append(
            {
                "name": name,
                "label": label.tolist(),
                "classifiers": {kind: values.tolist() for kind, values in classifiers.items()},
                "comparisons": comparisons(label, classifiers),
            }
        )
    document = {**VERSIONS, "classes": CLASSES, "cases": cases}
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
