"""LeNet-5 of today in Keras on TensorFlow, trained with `fit`, tuned: the settings are those of Striate's run.

python mnist_keras.py DATA SEED OUT

With Adam at Keras's default rate and batches of 128, as in Keras's own example, it takes many times as long to 99 %.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers
from mnist_files import read

BATCH, EPOCHS, RATE = 40, 1, 0.12


def main() -> None:
    """Train, save, and print seconds of training and test accuracy."""
    folder, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    keras.utils.set_random_seed(seed)
    (x, y), (x_test, y_test) = (
        (images[..., None].astype(np.float32) * (1.275 / 255) - 0.1, keras.utils.to_categorical(labels, 10))
        for images, labels in (read(folder, "train"), read(folder, "t10k"))
    )
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(120, 5, activation="relu"),
            layers.Flatten(),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    steps = EPOCHS * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 25, decay_steps=steps - steps // 5, warmup_target=RATE, warmup_steps=steps // 5
    )
    # Keras's decay is not part of the gradient, which momentum makes ten times as long.
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-3)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=0.05), metrics=["accuracy"])
    started = time.perf_counter()
    history = model.fit(x, y, BATCH, EPOCHS, verbose=0, validation_data=(x_test, y_test)).history["val_accuracy"]
    seconds = time.perf_counter() - started
    model.save(out.with_suffix(".keras"))
    print(json.dumps({"accuracy": history[-1], "epochs": len(history), "training": seconds}))


if __name__ == "__main__":
    main()
