"""LeNet-5 of today in Keras on TensorFlow, trained with `fit` until an epoch ends at 99 % on the test set.

python mnist_keras.py DATA SEED OUT

Adam at its default rate and batches of 128, as in Keras's own example "Simple MNIST convnet".
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

GOAL, BATCH, EPOCHS = 0.99, 128, 40


class UntilGoal(keras.callbacks.Callback):
    """Stops after the first epoch whose test accuracy is the goal."""

    def on_epoch_end(self, _epoch: int, logs: dict[str, float]) -> None:
        """Called by Keras."""
        self.model.stop_training = logs["val_accuracy"] >= GOAL


def main() -> None:
    """Train, save, and print seconds of training and test accuracy."""
    folder, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    keras.utils.set_random_seed(seed)
    (x, y), (x_test, y_test) = (
        (images[..., None].astype(np.float32) / 255, labels.astype(np.int32))
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
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    started = time.perf_counter()
    history = model.fit(
        x, y, BATCH, EPOCHS, verbose=0, validation_data=(x_test, y_test), callbacks=[UntilGoal()]
    ).history["val_accuracy"]
    seconds = time.perf_counter() - started
    model.save(out.with_suffix(".keras"))
    print(json.dumps({"accuracy": history[-1], "epochs": len(history), "training": seconds}))


if __name__ == "__main__":
    main()
