#!/usr/bin/env python3
"""Figures of Keras for initializers, regularizers and constraints, as tests/golden/parameters.txt holds them, from a JSON file of cases.

    scripts/golden_parameters.py CASES.json > tests/golden/parameters.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of those three kinds, and
nothing else. The head of the output says what its lines mean.
"""
import json
import re
import sys

from golden_activations import attribute, shape_of, text_of, values

KINDS = {"initializer", "regularizer", "constraint"}
# Keras's names, where Wengert has others, and cases that are named after what they put together.
NAMES = {
    "L1L2": "l1l2", "OrthogonalRegularizer": "orthogonal", "ActivityRegularization": "l1l2",
    "compute_fans": "variance_scaling", "truncated_normal_std_constant": "lecun_normal",
}
# What the lines of an initializer's case are called.
FIGURES = {
    "fan_in": "fan_in", "fan_out": "fan_out", "target_std": "stddev", "std": "stddev", "stddev_before_truncation": "normal",
    "truncation": "truncation", "limit": "limit", "column_norm": "norm", "column_dot": "dot",
}

HEAD = """\
# Figures of Keras 3's tests, documentation and formulas for initializers, regularizers and constraints; made by
# scripts/golden_parameters.py. A case is its number, its kind and a name with its attributes, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   shape                     an initializer's: of the parameter
#   fan_in, fan_out           its fans
#   stddev                    the standard deviation of its values
#   normal, truncation        that of the normal distribution before truncation, and the largest magnitude
#   limit                     of a uniform distribution from -limit to limit
#   norm, dot                 of columns: each one's norm, and the product of any two
#   ratio                     the standard deviation of the normal distribution cut at 2
#   x, y                      values before and after, or a weight and its penalty
#   kernel, activity, total   the penalties of a layer of ones, (5, 5), with l1 of its kernel and l2 of its output for an input of twos
"""


def name_of(case):
    name = case["name"]
    return NAMES.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def filled(text):
    """ones(5,5), zeros(5,5), full(5,5,-3.0) as lists."""
    word, numbers = re.fullmatch(r"(\w+)\(([^)]*)\)", text).groups()
    numbers = [float(number) for number in numbers.split(",")]
    value = {"ones": 1.0, "zeros": 0.0}.get(word)
    if value is None:
        value = numbers.pop()
    rows, columns = (int(number) for number in numbers)
    return [[value] * columns for _ in range(rows)]


def lines_of(case):
    given, expected, args = case["input"], case["expected"], case["args"]
    lines = [f"within {text_of(case['rtol'])} {text_of(case['atol'])}"]
    if case["kind"] != "initializer":
        if isinstance(expected, dict):
            return lines + [values(key, value) for key, value in expected.items()]
        x, y = (filled(value) if isinstance(value, str) else value for value in (given, expected))
        return lines + [values("x", x), values("y", y)]
    if case["name"] == "truncated_normal_std_constant":
        return lines + ["shape scalar", values("ratio", expected)]
    lines.append(f"shape {'x'.join(map(str, args['shape'])) or 'scalar'}")
    if isinstance(expected, list):
        return lines + [values("y", expected)]
    return lines + [values(FIGURES[key], value) for key, value in expected.items()]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if case["kind"] in KINDS]
    print(HEAD, end="")
    for case in cases:
        name = "l1" if case["name"].startswith("Dense(") else name_of(case)
        words = [name] + [f"{key}={attribute(value)}" for key, value in case["args"].items() if key != "shape"]
        print(f"\n{case['id']} {case['kind']} {' '.join(words)}", *lines_of(case), sep="\n")


main()
