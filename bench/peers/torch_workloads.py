"""The workloads in PyTorch: eager and compiled. The other end of bench_workloads; see workload.py."""
import workload

workload.limit_threads()
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(workload.THREADS)
torch.set_num_interop_threads(1)

ACTIVATIONS = {"relu": F.relu, "elu": F.elu, "tanh": torch.tanh}


def sequential(layers, weights, x):
    weights = iter(weights)
    for kind, *words in layers:
        if kind == "dense":
            kernel, bias = next(weights), next(weights)
            x = torch.addmm(bias, x, kernel)
            x = ACTIVATIONS[words[1]](x) if len(words) > 1 else x
        elif kind == "conv2d":
            x = F.conv2d(x, next(weights), next(weights), padding="same" if "padding=same" in words else "valid")
            x = ACTIVATIONS[words[2]](x)
        elif kind == "max_pooling2d":
            x = F.max_pool2d(x, int(words[0]))
        else:  # flatten: channels last
            x = x.permute(0, 2, 3, 1).flatten(1)
    return x


def transformer(heads, weights, tokens):
    embedding, position, *rest = weights
    batch, context = tokens.shape
    width = embedding.shape[1]
    x = F.embedding(tokens, embedding) + position
    rest = iter(rest)

    def norm(x):
        return F.layer_norm(x, (width,), next(rest), next(rest), 1e-5)

    def dense(x):
        kernel, bias = next(rest), next(rest)
        return torch.addmm(bias, x.reshape(-1, kernel.shape[0]), kernel).view(batch, context, -1)

    for _ in range((len(weights) - 6) // 10):
        q, k, v = dense(norm(x)).view(batch, context, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        h = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + dense(h.transpose(1, 2).reshape(batch, context, width))
        x = x + dense(F.gelu(dense(norm(x))))
    return dense(norm(x))


def prepare(w, variant):
    x = torch.from_numpy(w.x)
    target = torch.from_numpy(w.target)
    target = target.long() if w.loss == "cross-entropy" else target
    weights = w.weights if w.layers else workload.merged_attention(w.weights)
    weights = [torch.from_numpy(array) for array in weights]
    if w.layers and w.layers[0][0] == "conv2d":  # NHWC and HWIO, in PyTorch's words
        x = x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        weights = [
            a.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last) if a.dim() == 4 else a for a in weights
        ]
    for weight in weights:
        weight.requires_grad_()
    rate, decay = w.options["learning_rate"], w.options.get("weight_decay", 0)
    optimizer = {
        "sgd": lambda: torch.optim.SGD(weights, rate, fused=True),
        "adam": lambda: torch.optim.Adam(weights, rate, eps=1e-7, fused=True),
        "adamw": lambda: torch.optim.AdamW(weights, rate, eps=1e-7, weight_decay=decay, fused=True),
    }[w.rule]()

    def loss_of(x, target):
        y = sequential(w.layers, weights, x) if w.layers else transformer(w.heads, weights, x.long())
        if w.loss == "mse":
            return F.mse_loss(y, target)
        return F.cross_entropy(y.view(-1, y.shape[-1]), target.view(-1))

    if variant == "compiled":
        loss_of = torch.compile(loss_of)

    def steps(n):
        for _ in range(n):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(x, target)
            loss.backward()
            optimizer.step()
        return loss.item()

    return steps


capability = torch.backends.cpu.get_cpu_capability()
workload.serve(f"PyTorch {torch.__version__}, {capability}, {torch.get_num_threads()} threads", prepare)
