"""LeNet-5 of today in Keras on TensorFlow, trained with `fit`.

python mnist_keras.py DATA SEED OUT tuned|usual

"tuned": the settings are those of Striate's run. "usual": Adam at Keras's default rate and batches of 128, as in
Keras's own example of MNIST, until an epoch ends at 99 % on the test set.
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
USUAL_BATCH, MOST_EPOCHS, GOAL = 128, 30, 0.99


def network() -> keras.Sequential:
    """LeNet-5 of today."""
    return keras.Sequential(
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


def tuned(images: int) -> keras.optimizers.Optimizer:
    """SGD with Nesterov's momentum over one cycle."""
    steps = EPOCHS * -(-images // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 25, decay_steps=steps - steps // 5, warmup_target=RATE, warmup_steps=steps // 5
    )
    # Keras's decay is not part of the gradient, which momentum makes ten times as long.
    return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-3)


class AtGoal(keras.callbacks.Callback):
    """Stops when an epoch ends at the goal."""

    def on_epoch_end(self, _epoch: int, logs: dict[str, float]) -> None:
        """Told by `fit`."""
        self.model.stop_training = logs["val_accuracy"] >= GOAL


def main() -> None:
    """Train, save, and print seconds of training and test accuracy."""
    folder, seed, out, settings = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    keras.utils.set_random_seed(seed)
    train, test = (
        (images[..., None].astype(np.float32) * (1.275 / 255) - 0.1, keras.utils.to_categorical(labels, 10))
        for images, labels in (read(folder, "train"), read(folder, "t10k"))
    )
    usual = settings == "usual"
    model = network()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.0 if usual else 0.05)
    model.compile("adam" if usual else tuned(len(train[0])), loss, metrics=["accuracy"])
    how = {"batch_size": USUAL_BATCH, "epochs": MOST_EPOCHS} if usual else {"batch_size": BATCH, "epochs": EPOCHS}
    started = time.perf_counter()
    history = model.fit(*train, **how, verbose=0, validation_data=test, callbacks=[AtGoal()]).history["val_accuracy"]
    seconds = time.perf_counter() - started
    model.save(out.with_suffix(".keras"))
    print(json.dumps({"accuracy": history[-1], "epochs": len(history), "training": seconds}))


if __name__ == "__main__":
    main()
