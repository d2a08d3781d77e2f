#!/usr/bin/env python3
"""Figures of Keras for layers, as tests/golden/layers.txt holds them, from a JSON file of cases.

    scripts/golden_layers.py CASES.json > tests/golden/layers.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of layers other than
convolutions and pooling, and the options that layers refuse. The head of the output says what its lines mean.
"""
import json
import sys

from golden_activations import attribute, error_lines, shape_of, text_of, values

# Keras's names of layers, and of the functions that layers are made of.
LAYERS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "ThresholdedReLU": "thresholded_relu", "Softmax": "softmax",
    "Softmax mask": "softmax", "PReLU": "prelu", "PReLU_grad": "prelu", "PReLU_alpha_shape": "prelu", "Dense": "dense",
    "batch_normalization_op": "batchnorm", "BatchNormalization": "batchnorm", "normalize_op": "unit_normalization",
    "normalize_op_grad": "unit_normalization", "AlphaDropout": "alpha_dropout", "AlphaDropout_constants": "alpha_dropout",
    "Dropout": "dropout",
}
KINDS = {
    "PReLU_grad": "gradient", "normalize_op_grad": "gradient", "PReLU_alpha_shape": "shape", "BatchNormalization": "training",
    "AlphaDropout": "noise", "AlphaDropout_constants": "noise", "Dropout": "noise",
}
ARGUMENTS = {("leaky_relu", "alpha"): "negative_slope"}
# Arguments that are arrays, and what the lines are called.
ARRAYS = {"kernel": "kernel", "bias": "bias", "alpha": "alpha", "mean": "mean", "variance": "variance", "offset": "beta", "scale": "gamma"}
NOT_OPTIONS = {"alpha_shape", "upstream", "training", "seed", "mask_ndim", "inputs_ndim", "inputs", "mask"}
RESULTS = {
    "output": "y", "moving_mean": "mean_after", "moving_variance": "var_after", "kept(x=1)": "kept", "dropped": "dropped",
    "std": "stddev", "mean": "mean", "max": "max", "dx": "dx", "dalpha": "dalpha",
}

HEAD = """\
# Figures of Keras 3's tests and formulas for layers; made by scripts/golden_layers.py. A case is its number, a kind and a layer as
# text, then lines of
#   within R A                |ours - theirs| <= A + R |theirs|
#   x, mask                   inputs: a shape, with the batch, then the values; without values all are 1
#   kernel, bias, alpha, beta, gamma, mean, variance     weights, and moving statistics
#   y                         the output: in training for the kind training, in which the moving statistics become
#   mean_after, var_after     these
#   dx, dalpha                gradients of the output's sum, for the kind gradient
#   alpha_of                  for the kind shape: the shape that alpha has for inputs of shape x
#   kept, dropped             for the kind noise: the only values that the output has,
#   stddev, mean, max         or what they have
#   names                     for the kind error: what the text must name, "|" between
"""


def is_array(name, layer, value):
    return name in ARRAYS and isinstance(value, list) and not (layer == "leaky_relu" and name == "alpha")


def layer_of(case, rank):
    layer = LAYERS[case["name"]]
    words = [layer]
    for name, value in case["args"].items():
        if name in NOT_OPTIONS or is_array(name, layer, value) or (value is None and case["kind"] != "error" and name != "axis"):
            continue
        if name == "axis" and value is None:
            value = list(range(rank))
        words.append(f"{ARGUMENTS.get((layer, name), name)}={attribute(value)}")
    return " ".join(words)


def lines_of(case):
    given, expected, args = case["input"], case["expected"], case["args"]
    if case["kind"] == "error":
        if case["name"] == "Softmax mask":  # sizes that are left open are those of a model being made, with a batch of 1
            sizes = {key: [1] + [2] * (args[f"{key}_ndim"] - 1) for key in ("inputs", "mask") if key not in args}
            return error_lines({**case, "args": {**args, **sizes}})
        (name, value), = args.items()
        return [f"names {name}|{value}"]
    if case["name"] == "PReLU_alpha_shape":
        return [f"{key} {'x'.join(map(str, shape))}" for key, shape in (("x", given["input_shape"]), ("alpha_of", expected["alpha_shape"]))]
    lines = [f"within {text_of(case['rtol'])} {text_of(case['atol'])}"]
    if KINDS.get(case["name"]) == "noise":
        lines.append("x 20x500")
    else:
        lines.append(values("x", given["inputs"] if isinstance(given, dict) else given))
    if isinstance(given, dict) and "mask" in given:
        lines.append(values("mask", [[int(kept > 0.5) for kept in row] for row in given["mask"]]))
    for name, value in args.items():
        if is_array(name, LAYERS[case["name"]], value):
            lines.append(values(ARRAYS[name], value, [1, 1, 3] if name == "alpha" else None))
    if isinstance(expected, dict):
        return lines + [values(RESULTS[key], value) for key, value in expected.items() if key in RESULTS]
    return lines + [values("dx" if KINDS.get(case["name"]) == "gradient" else "y", expected)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if case["kind"] in {"layer", "error"} and case["name"] in LAYERS]
    print(HEAD, end="")
    for case in cases:
        x = case["input"]
        kind = "error" if case["kind"] == "error" else KINDS.get(case["name"], "layer")
        print(f"\n{case['id']} {kind} {layer_of(case, len(shape_of(x)) if isinstance(x, list) else 0)}", *lines_of(case), sep="\n")


main()
