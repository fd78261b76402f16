"""EfficientNet-Lite0 from its published weights to ONNX: probabilities and pooled features.

Network: Tan & Le 2019, "EfficientNet", in the Lite form (no squeeze-excitation, ReLU6, fixed stem and
head): https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite. The weights
were trained in TensorFlow, hence "same" padding and the batch-norm epsilon.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn

# expansion, kernel, stride, output channels, repeats
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_EPSILON = 1e-3


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON)


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: the odd pixel goes right and below."""

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) in, (n, c', ceil(h / stride), ceil(w / stride)) out."""
        kernel, stride = int(self.kernel_size[0]), int(self.stride[0])
        pads = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in x.shape[-2:]]
        height, width = pads
        x = F.pad(x, [width // 2, width - width // 2, height // 2, height - height // 2])
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, 1, self.groups)


class Block(nn.Module):
    """Inverted residual: expand, depthwise, project. Names follow the published weights."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv = SameConv(channels, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = SameConv(wide, out, 1, bias=False)
        self._bn2 = _norm(out)
        self.residual = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) in, (n, out, h / stride, w / stride) out."""
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.residual else y


class Lite0(nn.Module):
    """The whole network."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = _norm(32)
        blocks: list[Block] = []
        channels = 32
        for expansion, kernel, stride, out, repeats in _STAGES:
            for i in range(repeats):
                blocks.append(Block(channels, out, kernel, stride if i == 0 else 1, expansion))
                channels = out
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(320, 1280, 1, bias=False)
        self._bn1 = _norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, 224, 224) in; class probabilities (n, 1000) and pooled features (n, 1280) out."""
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        features = F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))
        return torch.softmax(self._fc(features), -1), features


def convert_lite0(folder: Path) -> None:
    """Write `model.onnx` beside `weights.pth`.

    The weights are a pickle: only this file, whose SHA-256 is pinned, is ever read, and only its
    tensors (`weights_only`).
    """
    weights = torch.load(folder / "weights.pth", map_location="cpu", weights_only=True)
    network = Lite0()
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, 224, 224),),
        str(folder / "model.onnx"),
        input_names=["images"],
        output_names=["probabilities", "features"],
        dynamic_axes={name: {0: "n"} for name in ("images", "probabilities", "features")},
        opset_version=17,
        dynamo=False,
    )
