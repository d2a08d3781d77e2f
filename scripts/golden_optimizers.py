#!/usr/bin/env python3
"""Figures of Keras for optimizers and learning-rate schedules, as tests/golden/optimizers.txt holds them, from a JSON file of cases.

    scripts/golden_optimizers.py CASES.json > tests/golden/optimizers.txt

CASES.json is a list of {id, kind, name, args, input, expected, rtol, atol}; of those, this carries the figures of optimizers and
schedules, and names those that it leaves out, with the reason. The head of the output says what its lines mean.
"""
import json
import sys

HEAD = """\
# Figures of Keras 3's tests and documentation for optimizers and learning-rate schedules, and of its update rules followed in double;
# made by scripts/golden_optimizers.py. A case is its number, its kind and the optimizer or schedule with its options, then lines of
#   within R A      |ours - theirs| <= A + R |theirs|, in double
#   shapes          of the parameters
#   w               all their values: the first time at the start, then what they must be
#   g               gradients; a step is taken
#   fresh           an optimizer is made anew
#   at, rates       steps, and the rates at them
# The cases of the list that are not here, and why:
"""
NOT_HERE = ("Muon", "Muon_newton_schulz5", "ScheduleFreeAdamW", "LossScaleOptimizer")
SCHEDULES = {
    "ExponentialDecay": "exponential", "PiecewiseConstantDecay": "piecewise", "PolynomialDecay": "polynomial",
    "InverseTimeDecay": "inverse_time", "CosineDecay": "cosine", "CosineDecayRestarts": "cosine_restarts",
}


def reason_to_leave_out(case):
    if case["name"] in NOT_HERE:
        return "Wengert has no such optimizer"
    if case["args"].get("keras_version") == "2.13":
        return "Keras 2.13 begins averages with the initial weights, Keras 3 with those after the first update"
    if "loss_scale_factor" in case["args"]:
        return "scaled losses are not supported"
    if isinstance(case["expected"], str):
        return "gradients are always there, as zeros"
    return None


def flat(value):
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [value]


def text_of(number):
    return repr(float(number)).removesuffix(".0")


def line(key, numbers):
    return f"{key} {' '.join(map(text_of, numbers))}"


def shape_of(value):
    return [len(value)] + shape_of(value[0]) if isinstance(value, list) else []


def ragged(value):
    return isinstance(value, list) and isinstance(value[0], list) and len({len(part) for part in value}) > 1


def shapes_of(value):
    parts = value if ragged(value) else [value]
    return "shapes " + " ".join("x".join(map(str, shape_of(part))) or "scalar" for part in parts)


def options_of(case):
    # Keras takes the minimum with 1/sqrt(t) whatever relative_step says.
    given = {name: value for name, value in case["args"].items() if name != "relative_step"}
    words = [f"{name}={int(value) if isinstance(value, bool) else value}" for name, value in given.items()]
    return " ".join([case["name"].lower(), *words])


def alternating(gradients, expected):
    return [text for g, w in zip(gradients, expected) for text in (line("g", flat(g)), line("w", flat(w)))]


def steps_of(case):
    """The start and the lines that follow it."""
    given, expected = case["input"], case["expected"]
    if "x0" not in given:  # clipping: what a step of SGD from zeros takes off
        clipped = [[-number for number in flat(expected["clipped"])]]
        return [[0] * len(part) for part in given["grads"]], alternating([given["grads"]], clipped)
    start = given["x0"]
    if start == "ones(10)":
        gradients = [[0.01] * 10] + 4 * [[round(0.1 * i, 1) for i in range(1, 11)]]
        return [1] * 10, alternating(gradients, expected)
    if "three fresh optimizers" in given.get("protocol", ""):
        lines = [text for g in given["grads"] for text in ("fresh", line("g", [g]))]
        return start, lines[1:] + [line("w", [expected])]
    if given.get("loss") == "x^2/2":
        return start, alternating([[start]], [[expected]])
    if given["grads"] == "ones":
        return start, alternating([[1] * len(flat(start))] * given["steps"], expected["x"])
    if isinstance(expected, dict):
        # These gradients are one a row; Keras's test has two variables with them.
        return start, [line("g", flat(given["grads"]))] * given["steps"] + [line("w", flat(expected["final"]))]
    if "steps" in given:
        return start, alternating([flat(given["grads"])] * given["steps"], expected)
    return start, alternating(given["grads"], expected)


def optimizer_lines(case):
    if "x0" not in case["input"]:  # clipping is the same for all rules
        case = {**case, "name": "SGD", "args": {**case["args"], "learning_rate": 1}}
    start, lines = steps_of(case)
    return [f"{case['id']} optimizer {options_of(case)}", f"within {text_of(case['rtol'])} {text_of(case['atol'])}", shapes_of(start),
            line("w", flat(start)), *lines]


def schedule_lines(case):
    def value_of(value):
        return ",".join(map(str, value)) if isinstance(value, list) else str(int(value) if isinstance(value, bool) else value)
    words = [SCHEDULES[case["name"]], *(f"{name}={value_of(value)}" for name, value in case["args"].items())]
    return [f"{case['id']} schedule {' '.join(words)}", f"within {text_of(case['rtol'])} {text_of(case['atol'])}",
            line("at", case["input"]), line("rates", case["expected"])]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = [case for case in json.load(file) if case["kind"] in ("optimizer", "lr_schedule")]
    print(HEAD, end="")
    for case in cases:
        if reason_to_leave_out(case):
            print(f"#   {case['id']} {case['name']}: {reason_to_leave_out(case)}")
    for case in cases:
        if not reason_to_leave_out(case):
            print("", *(schedule_lines if case["kind"] == "lr_schedule" else optimizer_lines)(case), sep="\n")


main()
