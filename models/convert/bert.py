"""A BERT-like sentence encoder from its published safetensors to ONNX files: a fast one, and a taught one."""

from __future__ import annotations

from pathlib import Path

from models.convert.taught import write_taught
from models.devices import Use
from models.embedder import FAST, Embedder
from models.encoders import export, load_encoder, quantize_blocks, quantize_fused, shape_of
from models.errors import TEXTS

_PROBES = (
    "My card has not arrived yet.", "Where can I change my address?", "Great lamp, but it came late.",
    "The blue one fits better than the red one, which was too small for me.", "Do you ship abroad?",
    "I was charged twice for the same order and nobody answers the phone.", "Thanks!", "opening hours",
)  # fmt: skip


def convert_bert(folder: Path) -> None:
    """Write `fast.onnx` and `finder.onnx` beside `model.safetensors`.

    The fast one has attention fused, weights and activations in int8.
    Eight-bit weights overflow on processors without VNNI, seven-bit ones are a little coarser: of both,
    that one is kept whose vectors are nearer to those of fp32 on this machine.
    """
    encoder = load_encoder(folder)
    full = folder / "fp32.onnx"
    export(encoder, full)
    made = {narrow: folder / f"int8-{narrow}.onnx" for narrow in (False, True)}
    for narrow, path in made.items():
        quantize_fused(full, path, shape_of(encoder), narrow=narrow)
    exact = _encoder(folder, full).encode(_PROBES)

    def nearness(path: Path) -> float:
        return float((_encoder(folder, path).encode(_PROBES) * exact).sum())

    best = max(made.values(), key=nearness)
    best.replace(folder / FAST)
    for path in (full, *made.values()):
        path.unlink(missing_ok=True)
    write_taught(encoder, folder.name, folder, quantize_blocks)


def _encoder(folder: Path, path: Path) -> Embedder:
    use = Use("ONNX Runtime", "cpu", TEXTS("converting", name=folder.name))
    return Embedder(folder, folder.name, use, 1, path.name)
