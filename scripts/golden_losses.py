#!/usr/bin/env python3
"""Figures of Keras for losses and metrics, as tests/golden/losses.txt holds them, from a JSON file of cases.

    scripts/golden_losses.py CASES.json > tests/golden/losses.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of those two kinds, and
nothing else. The head of the output says what its lines mean.
"""
import json
import re
import sys

from golden_activations import attribute, flat, shape_of, text_of, values

# Keras's names, where Wengert has others.
NAMES = {
    "CTC": "ctc", "KLDivergence": "kl_divergence", "Accuracy": "exact_accuracy", "CategoricalGeneralizedCrossEntropy": "categorical_generalized_cross_entropy",
    "TopKCategoricalAccuracy": "top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy", "R2Score": "r2_score",
}
PREDICTIONS = ("y_pred", "output")

HEAD = """\
# Figures of Keras 3's tests, documentation and formulas for losses and metrics; made by scripts/golden_losses.py. A case is its
# number, its kind and the name with its attributes, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   prediction, target        what is compared
#   weight                    sample weights
#   y                         the result
#   bits scalar 32            the figure is one of float arithmetic
"""


def name_of(case):
    name = case["name"].removesuffix("_op")
    return NAMES.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def words_of(case):
    words = [name_of(case)]
    if case["name"].endswith("_op"):
        words.append("reduction=none")
    for key, value in case["args"].items():
        if key != "axis":  # the last: see arranged
            words.append(f"{key}={'none' if value is None else attribute(value)}")
    return " ".join(words)


def arranged(case, value):
    """With the axis of the classes last; Keras's function of elements as one of rows of one element."""
    if case["name"] == "binary_crossentropy_op" and len(shape_of(value)) == 1:
        return [[number] for number in value]
    return [list(column) for column in zip(*value)] if case["args"].get("axis") == 0 else value


def lines_of(case):
    lines = [f"within {text_of(case['rtol'])} {text_of(case['atol'])}"]
    if isinstance(case["input"].get("y_pred"), str):
        return lines + [values("y", case["expected"])]
    for key, value in case["input"].items():
        if key == "sample_weight":
            lines.append(values("weight", value))
        else:
            lines.append(values("prediction" if key in PREDICTIONS else "target", arranged(case, value)))
    expected = case["expected"]
    if case["name"] == "binary_crossentropy_op":
        expected = flat(expected)
    lines.append(values("y", expected))
    if "float32" in case.get("note", ""):
        lines.append("bits scalar 32")
    return lines


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if case["kind"] in ("loss", "metric")]
    print(HEAD, end="")
    for case in cases:
        print(f"\n{case['id']} {case['kind']} {words_of(case)}", *lines_of(case), sep="\n")


main()
