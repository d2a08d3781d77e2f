"""The workloads in JAX, a step one jitted function. The other end of bench_workloads; see workload.py."""
import os

import workload

workload.limit_threads()
if workload.THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["JAX_PLATFORMS"] = "cpu"
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

ACTIVATIONS = {"relu": jax.nn.relu, "elu": jax.nn.elu, "tanh": jnp.tanh}


def sequential(layers, weights, x):
    weights = iter(weights)
    for kind, *words in layers:
        if kind == "dense":
            x = x @ next(weights) + next(weights)
            x = ACTIVATIONS[words[1]](x) if len(words) > 1 else x
        elif kind == "conv2d":
            padding = "SAME" if "padding=same" in words else "VALID"
            numbers = ("NHWC", "HWIO", "NHWC")
            x = jax.lax.conv_general_dilated(x, next(weights), (1, 1), padding, dimension_numbers=numbers)
            x = ACTIVATIONS[words[2]](x + next(weights))
        elif kind == "max_pooling2d":
            window = (1, int(words[0]), int(words[0]), 1)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")
        else:
            x = x.reshape(x.shape[0], -1)
    return x


def transformer(heads, weights, tokens):
    embedding, position, *rest = weights
    batch, context = tokens.shape
    width = embedding.shape[1]
    x = embedding[tokens] + position
    seen = jnp.tril(jnp.ones((context, context), bool))
    rest = iter(rest)

    def norm(x):
        mean = x.mean(-1, keepdims=True)
        variance = jnp.square(x - mean).mean(-1, keepdims=True)
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * next(rest) + next(rest)

    def dense(x):
        return x @ next(rest) + next(rest)

    for _ in range((len(weights) - 6) // 10):
        q, k, v = jnp.moveaxis(dense(norm(x)).reshape(batch, context, 3, heads, width // heads), (2, 3), (0, 2))
        scores = jnp.where(seen, q @ k.swapaxes(-1, -2) / (width // heads) ** 0.5, -jnp.inf)
        h = jax.nn.softmax(scores) @ v
        x = x + dense(h.swapaxes(1, 2).reshape(batch, context, width))
        x = x + dense(jax.nn.gelu(dense(norm(x)), approximate=False))
    return dense(norm(x))


def prepare(w, variant):
    x, target = jnp.asarray(w.x), jnp.asarray(w.target)
    weights = [jnp.asarray(array) for array in (w.weights if w.layers else workload.merged_attention(w.weights))]
    rate, decay = w.options["learning_rate"], w.options.get("weight_decay", 0)

    def loss_of(weights, x, target):
        y = sequential(w.layers, weights, x) if w.layers else transformer(w.heads, weights, x)
        if w.loss == "mse":
            return jnp.square(y - target).mean()
        return -jnp.take_along_axis(jax.nn.log_softmax(y), target[..., None], -1).mean()

    def adam(weight, gradient, m, v, t):
        m, v = m + 0.1 * (gradient - m), v + 0.001 * (gradient * gradient - v)
        scale = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return weight - rate * decay * weight - scale * m / (jnp.sqrt(v) + 1e-7), m, v

    def step(state, x, target):
        weights, m, v, t = state
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, target)
        if w.rule == "sgd":
            return ([a - rate * g for a, g in zip(weights, gradients)], m, v, t), loss
        updated = [adam(*arrays, t) for arrays in zip(weights, gradients, m, v)]
        return (*([arrays[i] for arrays in updated] for i in range(3)), t + 1), loss

    step = jax.jit(step, donate_argnums=0)
    moments = [[jnp.zeros_like(a) for a in weights] if w.rule != "sgd" else [] for _ in range(2)]
    state = (weights, *moments, jnp.float32(1))

    def steps(n):
        nonlocal state
        for _ in range(n):
            state, loss = step(state, x, target)
        return float(jax.block_until_ready((state, loss))[1])

    return steps


workload.serve(f"JAX {jax.__version__}, {workload.THREADS} threads", prepare)
