"""A plain PyTorch loop in memory, channels-last, of `lenet5:modern`, tuned: the settings are those of Striate's run.

python mnist_plain.py DATA SEED OUT
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch
from mnist_files import read
from torch import Tensor, nn
from torch.nn import functional as F

BATCH, EPOCHS, RATE = 40, 1, 0.12


def network() -> nn.Sequential:
    """LeNet-5 of today for 32x32 images."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 120, 5), nn.ReLU(), nn.Flatten(),
        nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def tensors(folder: Path, part: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 32, 32) as the paper scales them, and labels."""
    images, labels = read(folder, part)
    pixels = F.pad(torch.tensor(images).unsqueeze(1).float() / 255, (2, 2, 2, 2)) * 1.275 - 0.1
    return pixels.to(memory_format=torch.channels_last), torch.tensor(labels).long()


def main() -> None:
    """Train, save, and print seconds of training and test accuracy."""
    folder, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(seed)
    (x, y), (x_test, y_test) = tensors(folder, "train"), tensors(folder, "t10k")
    model = network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for layer in model:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=0.9, nesterov=True, weight_decay=5e-4, fused=True)
    steps = EPOCHS * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=steps, pct_start=0.2, cycle_momentum=False
    )
    started = time.perf_counter()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = F.cross_entropy(model(x[batch]), y[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - started
    with torch.no_grad():
        answers = torch.cat([model(part).argmax(dim=1) for part in x_test.split(1000)])
    torch.save(model.state_dict(), out)
    accuracy = (answers == y_test).double().mean().item()
    print(json.dumps({"accuracy": accuracy, "epochs": EPOCHS, "training": seconds}))


if __name__ == "__main__":
    main()
