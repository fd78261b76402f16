"""all-mpnet-base-v2 from its published safetensors to ONNX files with 8-bit weights."""

from __future__ import annotations

from pathlib import Path

from models.convert.taught import write_taught
from models.embedder import FINDER
from models.encoders import load_encoder, quantize_blocks, write


def convert_mpnet(folder: Path) -> None:
    """Write `model.onnx` and `finder.onnx` beside `model.safetensors`."""
    encoder = load_encoder(folder)
    write(encoder, folder / "model.onnx", quantize_blocks)
    write_taught(encoder, FINDER, folder, quantize_blocks)
