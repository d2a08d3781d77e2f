#!/usr/bin/env python3
"""Figures of Keras for convolution and pooling, as tests/golden/convolution.txt holds them, from a JSON file of cases.

    scripts/golden_convolution.py CASES.json > tests/golden/convolution.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of the layers below, and nothing
else. The head of the output says what its lines mean.
"""
import json
import sys

from golden_activations import text_of, values

OPS = {"Conv2D": "convolution2d", "MaxPooling2D": "max_pool2d", "AveragePooling2D": "average_pool2d"}
# Keras's attributes by the ops' names; what has no entry is an input, or says nothing to the op.
ATTRIBUTES = {"pool_size": "size", "strides": "strides", "padding": "padding", "dilation_rate": "dilation", "groups": "groups"}

HEAD = """\
# Figures of Keras 3's tests, documentation and formulas for convolution and pooling; made by scripts/golden_convolution.py. A case is its
# number, the op and its attributes, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   x, kernel, bias, y        the inputs and the result; shapes alone where a case says no more
"""


def op_of(case):
    return OPS.get(case["name"].removesuffix("_shape"))


def pair(value):
    return value if isinstance(value, list) else [value, value]


def attribute(key, value):
    if key == "padding":
        return f"padding={int(value == 'same')}"
    if key == "groups":
        return f"groups={value}"
    return f"{ATTRIBUTES[key]}={','.join(map(str, pair(value)))}"


def shape(key, sizes):
    return f"{key} {'x'.join(map(str, sizes))}"


def lines_of(case):
    given, args = case["input"], case["args"]
    lines = [f"within {text_of(case['rtol'])} {text_of(case['atol'])}"]
    if not case["name"].endswith("_shape"):
        inputs = [values(key, args[key]) for key in ("kernel", "bias") if key in args]
        return lines + [values("x", given)] + inputs + [values("y", case["expected"])]
    sizes = given["input_shape"]
    lines.append(shape("x", sizes))
    if "filters" in args:
        lines.append(shape("kernel", pair(args["kernel_size"]) + [sizes[3] // args["groups"], args["filters"]]))
    return lines + [shape("y", case["expected"]["output_shape"])]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if case["kind"] == "layer" and op_of(case)]
    print(HEAD, end="")
    for case in cases:
        words = [op_of(case)] + [attribute(key, value) for key, value in case["args"].items() if key in ATTRIBUTES]
        print(f"\n{case['id']} {' '.join(words)}", *lines_of(case), sep="\n")


main()
