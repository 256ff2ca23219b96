"""The network and the settings of PyTorch's examples (mnist/main.py), until an epoch ends at 99 % on the test set.

python mnist_examples.py DATA SEED OUT

Written anew from its settings: two 3x3 convolutions of 32 and 64 maps, dropout, Adadelta at 1.0 with 0.7 for each
epoch, batches of 64 from a DataLoader over torchvision's MNIST, which the script leaves without workers on a CPU.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

GOAL, EPOCHS = 0.99, 14


def network() -> nn.Sequential:
    """The example's network."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10), nn.LogSoftmax(1),
    )  # fmt: skip


def main() -> None:
    """Train, save, and print seconds of training and test accuracy. DATA holds MNIST/raw, as torchvision keeps it."""
    folder, seed, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    torch.manual_seed(seed)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train = DataLoader(datasets.MNIST(folder, train=True, transform=transform), batch_size=64, shuffle=True)
    test = DataLoader(datasets.MNIST(folder, train=False, transform=transform), batch_size=1000, shuffle=True)
    model = network()
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.7)
    accuracy, epochs, started = 0.0, 0, time.perf_counter()
    while accuracy < GOAL and epochs < EPOCHS:
        model.train()
        for images, labels in train:
            optimizer.zero_grad()
            F.nll_loss(model(images), labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        model.eval()
        with torch.no_grad():
            right = sum(int((model(images).argmax(dim=1) == labels).sum()) for images, labels in test)
        schedule.step()
        accuracy, epochs = right / 10_000, epochs + 1
    seconds = time.perf_counter() - started
    torch.save(model.state_dict(), out)
    print(json.dumps({"accuracy": accuracy, "epochs": epochs, "training": seconds}))


if __name__ == "__main__":
    main()
