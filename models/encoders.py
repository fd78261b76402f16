"""Sentence encoders as torch modules, for training, pruning and exporting. Only imported where that is done.

An encoder maps token ids and a 0/1 mask, both (n, t), to hidden states (n, t, d); what runs is its ONNX
form (`embedder`), which pools them. An encoder of one's own is a folder with `model.onnx`, `tokenizer.json`
and `encoder.json`, which names the base it came from.
"""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.errors import TEXTS, BadInputError
from models.files import atomic_write
from models.home import private_dir

_NAMES = ("input_ids", "attention_mask")
_KEPT = ("tokenizer.json", "charmap.json")
_BLOCK = 128
_INT8_SUMS = 4  # the level of accuracy at which ONNX Runtime multiplies in int8


class Bert(nn.Module):
    """A BERT-like model of transformers, up to its last hidden states."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @property
    def layers(self) -> nn.ModuleList:
        """The encoder's layers; a shorter list makes a smaller model."""
        found: nn.ModuleList = self.model.encoder.layer
        return found

    def keep(self, layers: Sequence[int]) -> None:
        """Drop all other layers."""
        self.model.encoder.layer = nn.ModuleList(self.layers[i] for i in layers)
        self.model.config.num_hidden_layers = len(layers)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(n, t) token ids and 0/1 mask in, (n, t, d) out."""
        states: Tensor = self.model(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        return states


def load_encoder(folder: Path) -> nn.Module:
    """Return the encoder of a store's folder, or of a local folder in the form of transformers.

    Weights are read as safetensors only.

    Raises:
        BadInputError: It holds no encoder that can be trained.
    """
    if (folder / "e5-small-q4.bin").exists():
        from models.convert.e5 import Encoder, read

        encoder = Encoder(read((folder / "e5-small-q4.bin").read_bytes()))
        return encoder.requires_grad_(True)
    try:
        from transformers import AutoModel
        from transformers.utils import logging as quiet

        quiet.set_verbosity_error()
        quiet.disable_progress_bar()
        model = AutoModel.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, attn_implementation="eager"
        )
        return Bert(model)
    except Exception as error:  # transformers raises many kinds
        raise BadInputError(
            TEXTS("no_encoder", path=folder, reason=type(error).__name__)
        ) from error


def change(encoder: nn.Module, path: Path) -> None:
    """Add low-rank changes (Hu et al. 2021, "LoRA") to an encoder's linear layers, in place.

    `path` holds, for the layer NAME, the arrays `NAME.down`, shape (rank, in), and `NAME.up`, (out, rank).
    """
    from safetensors.torch import load_file

    arrays = load_file(str(path))
    for name in {full.rpartition(".")[0] for full in arrays}:
        weight: Any = encoder.get_submodule(name).weight
        with torch.no_grad():
            weight += arrays[f"{name}.up"].float() @ arrays[f"{name}.down"].float()


def pooled(states: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the real tokens' states, of length one, shape (n, d)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
    return nn.functional.normalize(mean, dim=1)


def padded(ids: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return token ids and their mask, both (n, t)."""
    width = max(map(len, ids))
    tokens = torch.zeros(len(ids), width, dtype=torch.long)
    mask = torch.zeros(len(ids), width, dtype=torch.long)
    for row, sequence in enumerate(ids):
        tokens[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    return tokens, mask


def export(encoder: nn.Module, path: Path) -> None:
    """Write an encoder as ONNX in fp32."""
    encoder.eval()
    example = (torch.ones(2, 8, dtype=torch.long), torch.ones(2, 8, dtype=torch.long))
    axes = {0: "n", 1: "t"}
    outputs = ["last_hidden_state"]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns of constants that are meant to be
        torch.onnx.export(
            encoder, example, str(path), input_names=list(_NAMES), output_names=outputs,
            dynamic_axes=dict.fromkeys([*_NAMES, *outputs], axes), opset_version=17, dynamo=False,
        )  # fmt: skip


def write(encoder: nn.Module, target: Path, quantize: Callable[[Path, Path], None]) -> None:
    """Write an encoder as `quantize` makes it, which gets a file in fp32 and the target."""
    full = target.with_name("fp32.onnx")
    export(encoder, full)
    quantize(full, target)
    full.unlink()


def quantize_dynamic(full: Path, target: Path, *, narrow: bool = True) -> None:
    """Quantize weights to int8, activations as it runs.

    With `narrow`, weights use seven bits: processors without VNNI add pairs of products in 16 bits,
    which eight would overflow.
    """
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization import quantize_dynamic as quantize

    logging.getLogger().setLevel(logging.ERROR)  # it advises a pre-processing that is not needed
    quantize(full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=narrow)


def quantize_blocks(full: Path, target: Path) -> None:
    """Quantize weights to eight bits with a scale for each 128, and so activations as it runs.

    Done with one scale for all activations of a layer, mpnet's cosines are off by 0.045 on average and the
    right entry of a FAQ comes first for 23 of 34 questions instead of 28. So they are off by 0.003, and it
    is 28 again, at less than half the time of fp32.
    """
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    logging.disable(logging.INFO)  # it tells of every multiplication
    try:
        quantizer = MatMulNBitsQuantizer(
            onnx.load(full), bits=8, block_size=_BLOCK, is_symmetric=True, accuracy_level=_INT8_SUMS
        )
        quantizer.process()
        quantizer.model.save_model_to_file(str(target), False)
    finally:
        logging.disable(logging.NOTSET)


def quantize_static(full: Path, target: Path, ids: Sequence[Sequence[int]]) -> None:
    """Quantize weights and activations to int8, their ranges found on sample texts."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static as quantize

    class Samples(CalibrationDataReader):
        def __init__(self) -> None:
            self._rows: Iterator[Sequence[int]] = iter(ids)

        def get_next(self) -> Any:
            row = next(self._rows, None)
            if row is None:
                return None
            tokens = np.array([row], np.int64)
            return {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}

    logging.getLogger().setLevel(logging.ERROR)
    quantize(
        full, target, Samples(), quant_format=QuantFormat.QOperator, per_channel=True,
        reduce_range=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8,
        op_types_to_quantize=["MatMul", "Gather"],
    )  # fmt: skip


def shape_of(encoder: nn.Module) -> tuple[int, int]:
    """Return how many attention heads an encoder has, and the size of its states."""
    if isinstance(encoder, Bert):
        config = encoder.model.config
        return int(config.num_attention_heads), int(config.hidden_size)
    own: Any = encoder
    return int(own.layers[0].heads), int(own.words.embedding_dim)


def quantize_fused(
    full: Path, target: Path, shape: tuple[int, int], *, narrow: bool = True
) -> None:
    """Fuse attention, normalisation and activation of a BERT-like model, then quantize as `dynamic` does.

    `shape` is that of the encoder, `narrow` as for `quantize_dynamic`.

    Raises:
        ValueError: There was nothing to fuse.
    """
    import onnx
    from onnxruntime.quantization import QuantType
    from onnxruntime.quantization import quantize_dynamic as quantize
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    logging.getLogger().setLevel(logging.ERROR)
    fused = optimizer.optimize_model(
        str(full), model_type="bert", num_heads=shape[0], hidden_size=shape[1],
        optimization_options=FusionOptions("bert"), opt_level=0,
    )  # fmt: skip
    if not fused.get_fused_operator_statistics().get("Attention"):
        raise ValueError("nothing was fused")
    middle = target.with_suffix(".fused.onnx")
    fused.save_model_to_file(str(middle))
    quantize(
        middle, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=narrow,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )  # fmt: skip
    middle.unlink()


def save_weights(encoder: nn.Module, folder: Path) -> None:
    """Write an encoder's weights as safetensors."""
    from safetensors.torch import save

    state = {name: tensor.contiguous() for name, tensor in encoder.state_dict().items()}
    atomic_write(private_dir(folder) / "encoder.safetensors", save(state), mode=0o600)


def restore(encoder: nn.Module, folder: Path) -> None:
    """Put weights that were saved back into an encoder of the same base."""
    from safetensors.torch import load_file

    encoder.load_state_dict(load_file(str(folder / "encoder.safetensors")))


def keep_encoder(model: Path, base: Path, name: str, folder: Path) -> None:
    """Make a folder of an encoder of one's own from an ONNX file and its base's tokenizer."""
    private_dir(folder)
    shutil.copyfile(model, folder / "model.onnx")
    for kept in _KEPT:
        if (base / kept).exists():
            shutil.copyfile(base / kept, folder / kept)
    told = {"base": name, "folder": str(base)}
    atomic_write(folder / "encoder.json", json.dumps(told), mode=0o600)


def base_of(folder: Path) -> tuple[str, Path] | None:
    """Return the name and folder that an encoder of one's own came from; None if that is not known."""
    try:
        told = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
        return str(told["base"]), Path(told["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
