"""The workloads in TensorFlow, a step one tf.function, compiled by XLA or not. The other end of bench_workloads; see workload.py."""
import os

import workload

workload.limit_threads()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(workload.THREADS)
tf.config.threading.set_inter_op_parallelism_threads(1)

ACTIVATIONS = {"relu": tf.nn.relu, "elu": tf.nn.elu, "tanh": tf.tanh}


def sequential(layers, weights, x):
    weights = iter(weights)
    for kind, *words in layers:
        if kind == "dense":
            x = tf.matmul(x, next(weights)) + next(weights)
            x = ACTIVATIONS[words[1]](x) if len(words) > 1 else x
        elif kind == "conv2d":
            x = tf.nn.conv2d(x, next(weights), 1, "SAME" if "padding=same" in words else "VALID")
            x = ACTIVATIONS[words[2]](tf.nn.bias_add(x, next(weights)))
        elif kind == "max_pooling2d":
            x = tf.nn.max_pool2d(x, int(words[0]), int(words[0]), "VALID")
        else:
            x = tf.reshape(x, (x.shape[0], -1))
    return x


def transformer(heads, weights, tokens):
    embedding, position, *rest = weights
    batch, context = tokens.shape
    width = embedding.shape[1]
    x = tf.gather(embedding, tokens) + position
    hidden = -1e9 * (1 - tf.linalg.band_part(tf.ones((context, context)), -1, 0))
    rest = iter(rest)

    def norm(x):
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-5) * next(rest) + next(rest)

    def dense(x):
        kernel, bias = next(rest), next(rest)
        y = tf.matmul(tf.reshape(x, (-1, kernel.shape[0])), kernel) + bias
        return tf.reshape(y, (batch, context, -1))

    for _ in range((len(weights) - 6) // 10):
        split = tf.reshape(dense(norm(x)), (batch, context, 3, heads, width // heads))
        q, k, v = tf.unstack(tf.transpose(split, (2, 0, 3, 1, 4)))
        scores = tf.matmul(q, k, transpose_b=True) / (width // heads) ** 0.5 + hidden
        h = tf.matmul(tf.nn.softmax(scores), v)
        x = x + dense(tf.reshape(tf.transpose(h, (0, 2, 1, 3)), (batch, context, width)))
        x = x + dense(tf.nn.gelu(dense(norm(x))))
    return dense(norm(x))


def prepare(w, variant):
    x, target = tf.constant(w.x), tf.constant(w.target)
    arrays = w.weights if w.layers else workload.merged_attention(w.weights)
    weights = [tf.Variable(array) for array in arrays]
    rate, decay = w.options["learning_rate"], w.options.get("weight_decay", 0)
    if w.rule != "sgd":
        m, v = ([tf.Variable(tf.zeros_like(a)) for a in weights] for _ in range(2))
        t = tf.Variable(1.0)

    def update(gradients):
        if w.rule == "sgd":
            for weight, g in zip(weights, gradients):
                weight.assign_sub(rate * g)
            return
        scale = tf.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        for weight, g, first, second in zip(weights, gradients, m, v):
            if decay:
                weight.assign_sub(rate * decay * weight)
            if variant == "xla":
                first.assign_add(0.1 * (g - first))
                second.assign_add(0.001 * (g * g - second))
                weight.assign_sub(rate * scale * first / (tf.sqrt(second) + 1e-7))
            else:  # one kernel for all of it
                tf.raw_ops.ResourceApplyAdam(
                    var=weight.handle, m=first.handle, v=second.handle, beta1_power=0.9**t, beta2_power=0.999**t,
                    lr=rate, beta1=0.9, beta2=0.999, epsilon=1e-7, grad=g,
                )
        t.assign_add(1.0)

    @tf.function(jit_compile=variant == "xla")
    def step(x, target):
        with tf.GradientTape() as tape:
            y = sequential(w.layers, weights, x) if w.layers else transformer(w.heads, weights, x)
            if w.loss == "mse":
                loss = tf.reduce_mean(tf.math.squared_difference(y, target))
            else:
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target, y))
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
        update(gradients)
        return loss

    def steps(n):
        for _ in range(n):
            loss = step(x, target)
        return float(loss)

    return steps


workload.serve(f"TensorFlow {tf.__version__}, {workload.THREADS} threads", prepare)
