"""The network of akamaster/pytorch_resnet_cifar10 under its names, and its checkpoints, with drawn weights."""

import torch
from torch import nn
from torch.nn import functional as F


class PublicUnit(nn.Module):
    """Two convolutions and option A's shortcut, with half of the new maps before the old ones and half after."""

    def __init__(self, maps_in, maps):
        super().__init__()
        self.stride, self.added = maps // maps_in, maps - maps_in
        self.conv1 = nn.Conv2d(maps_in, maps, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)

    def forward(self, x):
        same = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.added // 2, self.added // 2))
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + same)


class PublicResNet(nn.Module):
    """The network of akamaster/pytorch_resnet_cifar10 under its names, with drawn weights and statistics."""

    def __init__(self, depth, classes=10):
        super().__init__()
        torch.manual_seed(depth)
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        units = (depth - 2) // 6
        for stage, (maps_in, maps) in enumerate(((16, 16), (16, 32), (32, 64)), 1):
            first, others = PublicUnit(maps_in, maps), [PublicUnit(maps, maps) for _ in range(units - 1)]
            self.add_module(f"layer{stage}", nn.Sequential(first, *others))
        self.linear = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.2)
                nn.init.normal_(module.running_mean, std=0.2)
                nn.init.uniform_(module.running_var, 0.5, 2)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def checkpoint(network):
    """What that implementation saves: its network was inside a DataParallel."""
    return {"state_dict": nn.DataParallel(network).state_dict(), "best_prec1": 91.73}
