"""The training step of carvana-128's U-Net in PyTorch, for comparison; run by training_step.py.

Imports nothing of the project: it runs in an environment of its own, with PyTorch and numpy alone.
For each line that comes in, takes steps for some seconds and answers with images per second.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

SIZE, BATCH, SECONDS = 128, 16, 6.0
FILTERS = (16, 32, 64, 128, 256)
CENTRE = 256


def blocks(channels: int, filters: int, count: int) -> nn.Sequential:
    """Conv-batchnorm-ReLU blocks, as in trainer/models/unet.py."""
    layers: list[nn.Module] = []
    for _ in range(count):
        layers += [
            nn.Conv2d(channels, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters, eps=1e-3),
            nn.ReLU(inplace=True),
        ]
        channels = filters
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Two blocks per encoder level and in the centre, three per decoder level."""

    def __init__(self) -> None:
        """Makes the network, 5,707,905 parameters and running statistics."""
        super().__init__()
        inputs = (3, *FILTERS[:-1])
        self.encoder = nn.ModuleList(map(blocks, inputs, FILTERS, [2] * len(FILTERS)))
        self.centre = blocks(FILTERS[-1], CENTRE, 2)
        below = (*FILTERS[1:], CENTRE)
        self.decoder = nn.ModuleList(
            blocks(skip + under, skip, 3) for skip, under in zip(FILTERS, below, strict=True)
        )
        self.logits = nn.Conv2d(FILTERS[0], 1, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Maps [N, 3, H, W] in [0, 1] to logits [N, 1, H, W]."""
        x = images * 2.0 - 1.0
        skips = []
        for level in self.encoder:
            x = level(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.centre(x)
        for level, skip in zip(reversed(self.decoder), reversed(skips), strict=True):
            x = level(torch.cat([skip, functional.interpolate(x, scale_factor=2)], dim=1))
        return self.logits(x)


def bce_dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """The loss of trainer/losses/bce_dice.py."""
    logits = logits.float()
    axes = (1, 2, 3)
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    probability = torch.sigmoid(logits)
    overlap = 2.0 * (truth * probability).sum(axes)
    total = truth.square().sum(axes) + probability.square().sum(axes)
    return (cross_entropy.mean(axes) + 1.0 - (overlap + 1.0) / (total + 1.0)).mean()


def main(variant: str) -> None:
    """Answers until its input ends.

    Args:
        variant: ``float32`` or ``bfloat16``, then ``_channels_last`` and ``_compiled`` as wanted.
    """
    torch.manual_seed(0)
    model = UNet().train()
    images = torch.rand(BATCH, 3, SIZE, SIZE)
    truth = (torch.rand(BATCH, 1, SIZE, SIZE) > 0.5).float()
    if "channels_last" in variant:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
        truth = truth.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    forward = torch.compile(model) if "compiled" in variant else model

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=variant.startswith("bfloat16")):
            logits = forward(images)
        bce_dice(logits, truth).backward()
        optimizer.step()

    for _ in range(3):
        step()
    for _ in sys.stdin:
        started, steps = time.perf_counter(), 0
        while time.perf_counter() - started < SECONDS:
            step()
            steps += 1
        print(BATCH * steps / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
