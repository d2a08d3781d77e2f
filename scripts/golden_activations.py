#!/usr/bin/env python3
"""Figures of Keras for activations, as tests/golden/activations.txt holds them, from a JSON file of cases.

    scripts/golden_activations.py CASES.json > tests/golden/activations.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of activations and of
their layers, and nothing else. The head of the output says what its lines mean.
"""
import json
import sys

KINDS = {"activation", "activation_grad", "activation_kink", "activation_special", "layer", "error"}
# Keras's names and arguments, where Wengert has others.
OPS = {
    "exponential": "exp", "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "ThresholdedReLU": "thresholded_relu",
    "Softmax": "softmax", "Softmax mask": "masked_softmax", "PReLU": "prelu", "PReLU_grad": "prelu", "PReLU_alpha_shape": "prelu",
    "activations.get": None,
}
LAYERS = {"ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Softmax", "PReLU", "PReLU_grad", "PReLU_alpha_shape", "Activation"}
ERRORS = LAYERS | {"Softmax mask", "activations.get", "softmax", "glu"}
ARGUMENTS = {("relu", "alpha"): "negative_slope", ("leaky_relu", "alpha"): "negative_slope"}
NOT_ATTRIBUTES = {"what", "upstream", "alpha_shape", "shape", "axis_size", "mask_ndim", "inputs_ndim", "inputs", "mask", "identifier", "shared_axes"}

HEAD = """\
# Figures measured on Keras 3 (with TensorFlow, JAX and PyTorch), or of its tests and documentation, for activations; made by
# scripts/golden_activations.py. A case is its number, its kind and the activation with its attributes, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   x, alpha, mask            inputs: a shape, then the values
#   y                         the value: at infinities and NaN too
#   dx, dalpha                gradients, for an upstream gradient of 1
#   jacobian                  dy_i/dx_j, a row for each i
#   tf, jax, torch            dy/dx at a kink
#   input, shared, alpha_of   a shape, axes (from 1 on), and the shape that alpha then has
#   names                     what the error must name, "|" between
"""


def shape_of(value):
    return [len(value)] + shape_of(value[0]) if isinstance(value, list) else []


def flat(value):
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [value]


def text_of(number):
    if isinstance(number, str):
        return number
    return repr(int(number)) if float(number).is_integer() and abs(number) < 1e15 and str(number)[0] != "-" else repr(float(number)).removesuffix(".0")


def values(key, value, shape=None):
    shape = shape_of(value) if shape is None else shape
    return f"{key} {'x'.join(map(str, shape)) or 'scalar'} {' '.join(map(text_of, flat(value)))}"


def attribute(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def activation_of(case, rank):
    op = OPS.get(case["name"], case["name"])
    words = [op or case["args"].get("identifier")]
    for name, value in case["args"].items():
        if name in NOT_ATTRIBUTES or (op == "prelu" and name == "alpha") or (op == "gelu" and value is None):
            continue
        if name == "max_value" and value is None:
            continue
        if name == "axis" and value is None:
            value = list(range(rank))
        words.append(f"{ARGUMENTS.get((op, name), name)}={attribute(value)}")
    return " ".join(words)


def zeros(shape):
    return [zeros(shape[1:]) for _ in range(shape[0])] if shape else 0


def error_lines(case):
    """What has to be put in for the error to come, and what its text has to name."""
    args = case["args"]
    if case["name"] == "Softmax mask":
        x = args.get("inputs") or [2] * args["inputs_ndim"]
        mask = args.get("mask") or [2] * args["mask_ndim"]
        shapes = ["({})".format(", ".join(map(str, s))) for s in (x, mask)]
        return [values("x", zeros(x)), values("mask", zeros(mask)), "names mask|" + "|".join(shapes)]
    if case["name"] == "glu":
        return [values("x", zeros([3])), "names axis|3|even"]
    if case["name"] == "softmax":
        return [values("x", zeros(args["shape"])), f"names axis|{args['axis']}|-{len(args['shape'])} to {len(args['shape']) - 1}"]
    if case["name"] == "activations.get":
        return [values("x", [0]), f"names activation|{args['identifier']}"]
    (name, value), = args.items()
    return [values("x", [0]), f"names {name}|{value}|from 0"]


def lines_of(case):
    given, expected, args = case["input"], case["expected"], case["args"]
    x = given.get("inputs") if isinstance(given, dict) else given
    if case["kind"] == "error":
        return error_lines(case)
    if case["name"] == "PReLU_alpha_shape":
        shared = args["shared_axes"] or []
        lists = {"input": given["input_shape"], "shared": flat([shared]), "alpha_of": expected["alpha_shape"]}
        return [f"{key} {'x'.join(map(str, shape)) or 'scalar'}" for key, shape in lists.items()]
    lines = [f"within {text_of(case['rtol'])} {text_of(case['atol'])}", values("x", x)]
    if OPS.get(case["name"]) == "prelu":
        alpha = args["alpha"]
        shape = args.get("alpha_shape", [1, 1, 3] if isinstance(alpha, list) else [])
        lines.append(values("alpha", alpha, shape))
    if isinstance(given, dict):
        lines.append(values("mask", [[int(kept > 0.5) for kept in row] for row in given["mask"]]))
    if case["kind"] == "activation_kink":
        return lines + [values(backend, [slope]) for backend, slope in expected.items()]
    if isinstance(expected, dict):
        return lines + [values(key, value) for key, value in expected.items()]
    key = "y" if case["kind"] != "activation_grad" else "jacobian" if "what" in args else "dx"
    return lines + [values(key, expected)]


def carried(case):
    if case["kind"] not in KINDS:
        return False
    return {"layer": case["name"] in LAYERS, "error": case["name"] in ERRORS}.get(case["kind"], True)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if carried(case)]
    print(HEAD, end="")
    for case in cases:
        x = case["input"].get("inputs") if isinstance(case["input"], dict) else case["input"]
        if isinstance(case["input"], dict) and "mask" in case["input"]:
            case = {**case, "name": "Softmax mask"}
        activation = activation_of(case, len(shape_of(x)) if x is not None else 0)
        print(f"\n{case['id']} {case['kind']} {activation}", *lines_of(case), sep="\n")


if __name__ == "__main__":
    main()
