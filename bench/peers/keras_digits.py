"""bench/digits.c in Keras: keras_digits.py tensorflow|jax|torch elu|prelu DIRECTORY, on two threads."""
import gzip
import os
import sys

BACKEND, PROGRAM, DIRECTORY = sys.argv[1:]
os.environ.update(KERAS_BACKEND=BACKEND, OMP_NUM_THREADS="2", TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1", JAX_PLATFORMS="cpu")
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-2:])
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402


def read(name, header):
    path = os.path.join(DIRECTORY, name)
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def load(part):
    return read(f"{part}-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1) / np.float32(255), read(f"{part}-labels-idx1-ubyte", 8).astype(np.int32)


def exists(part):
    return any(os.path.exists(os.path.join(DIRECTORY, f"{part}-images-idx3-ubyte{end}")) for end in ("", ".gz"))


if exists("train") and exists("t10k"):
    (x, y), held_out = load("train"), load("t10k")
else:  # the last fifth is held out
    x, y = load("train" if exists("train") else "t10k")
    kept = len(x) - len(x) // 5
    (x, y), held_out = (x[:kept], y[:kept]), (x[kept:], y[kept:])

keras.utils.set_random_seed(1)
head = [layers.Dense(10, activation="softmax")]
if PROGRAM == "elu":
    body = [layers.Conv2D(32, 3, activation="elu"), layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="elu"), layers.MaxPooling2D(2)]
    body += [layers.Conv2D(64, 3, activation="elu"), layers.Flatten()]
    optimizer, batch_size, epochs = keras.optimizers.Adam(), 64, 10
else:
    body = [layers.Flatten(), layers.Dense(128), layers.PReLU()]
    optimizer, batch_size, epochs = keras.optimizers.SGD(0.02, momentum=0.9), 32, 20
model = keras.Sequential([keras.Input((28, 28, 1)), *body, *head])
model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, epochs=epochs, batch_size=batch_size, validation_data=held_out, verbose=0)
print(f"{len(x)} digits, held-out accuracy {history.history['val_accuracy'][-1]:.4f}")
