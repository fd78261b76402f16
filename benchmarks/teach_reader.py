"""Teach the chat model to judge whether an entry answers a message: how `assets/readers` was made.

    python -m benchmarks.teach_reader OUT.gguf [--minutes 45] [--rank 4] [--first-layer 12] [--rate 1e-3]
        [--further IN.gguf] [--shops NAME…]

Low-rank changes (Hu et al. 2021, "LoRA") to the upper layers' weights, as they are in the quantized file
(Dettmers et al. 2023, "QLoRA"), in the order of `lessons`: one step a shop. An entry and all messages that
are read after it are one row, in which each message sees the entry and itself alone. For each message the
odds of its entries compete with each other and with "none of them", whose odds are even; so they do for the
same message without the entry that answers it. Needs the package `gguf`, and 16 GB.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.lessons import Shop, shops
from models.runtimes import Runtimes
from models.texts import Language
from skills.faq.judging import CHOICES

SCALE = 2.0
_WARM_UP = 6  # steps
_MOST_AT_ONCE = 2600  # tokens of rows that go through the layers together
_MODULES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip
_NORMS = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}


class Changed(nn.Module):
    """A linear layer that stays as it is, and a change of low rank beside it."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(
            torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features)
        )
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        change = functional.linear(functional.linear(x, self.down.to(x.dtype)), self.up.to(x.dtype))
        kept: Tensor = self.linear(x)
        return kept + SCALE * change


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of equal length: hidden states (n, t, d), positions (n, t), mask (n, 1, t, t).

    `ends` are row, place, entry and message of each place where the reply would begin.
    """

    states: Tensor
    positions: Tensor
    mask: Tensor
    ends: list[tuple[int, int, int, int]]


class Qwen:
    """The chat model's layers as torch modules, with its quantized weights in bfloat16."""

    def __init__(self, path: Path, rank: int, first: int) -> None:
        import gguf
        from transformers import Qwen2Config
        from transformers.models.qwen2 import modeling_qwen2

        reader = gguf.GGUFReader(path)
        tensors = {tensor.name: tensor for tensor in reader.tensors}

        def weights(name: str) -> Tensor:
            tensor = tensors[name]
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            return torch.from_numpy(values.copy()).to(torch.bfloat16)

        def field(name: str) -> Any:
            return reader.fields[f"qwen2.{name}"].contents()

        config = Qwen2Config(
            hidden_size=field("embedding_length"),
            intermediate_size=field("feed_forward_length"),
            num_hidden_layers=field("block_count"),
            num_attention_heads=field("attention.head_count"),
            num_key_value_heads=field("attention.head_count_kv"),
            rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
            rope_parameters={"rope_type": "default", "rope_theta": field("rope.freq_base")},
        )
        config._attn_implementation = "sdpa"
        self.first = first
        self.layers: list[Any] = []
        for number in range(config.num_hidden_layers):
            with torch.device("meta"):
                layer = modeling_qwen2.Qwen2DecoderLayer(config, number)
            state = {}
            for module, name in (_MODULES | _NORMS).items():
                for kind in ("weight", "bias"):
                    if (full := f"blk.{number}.{name}.{kind}") in tensors:
                        state[f"{module}.{kind}"] = weights(full)
            layer.load_state_dict(state, assign=True)
            self.layers.append(layer.requires_grad_(requires_grad=False))
        norm: Any = modeling_qwen2.Qwen2RMSNorm(config.hidden_size, config.rms_norm_eps)
        norm.weight.data = weights("output_norm.weight")
        self.norm = norm.requires_grad_(requires_grad=False)
        self.embedding = weights("token_embd.weight")
        self.output = weights("output.weight") if "output.weight" in tensors else self.embedding
        self.rope = modeling_qwen2.Qwen2RotaryEmbedding(config)
        self.changes = dict(self._change(rank))

    def _change(self, rank: int) -> Iterator[tuple[str, Changed]]:
        for number, layer in enumerate(self.layers[self.first :], self.first):
            for module, name in _MODULES.items():
                part, linear = module.split(".")
                changed = Changed(getattr(getattr(layer, part), linear), rank)
                setattr(getattr(layer, part), linear, changed)
                yield f"blk.{number}.{name}.weight", changed

    def through(self, layers: Sequence[Any], states: Tensor, rows: Rows) -> Tensor:
        """Return the states after some layers."""
        around = self.rope(states, rows.positions)
        for layer in layers:
            found = layer(
                states, attention_mask=rows.mask, position_ids=rows.positions,
                position_embeddings=around,
            )  # fmt: skip
            states = found[0] if isinstance(found, tuple) else found
        return states

    def odds(self, rows: Rows, choice: tuple[list[int], list[int]]) -> Tensor:
        """Return the log-odds of yes against no at each end, shape (ends,)."""
        states = self.through(self.layers[self.first :], rows.states, rows)
        ends = self.norm(torch.stack([states[row, place] for row, place, _, _ in rows.ends]))
        yes, no = (
            torch.logsumexp(ends.float() @ self.output[words].float().T, 1) for words in choice
        )
        return yes - no


_Row = tuple[list[int], list[int], list[int], list[tuple[int, int, int]]]
"""Tokens, the message each belongs to or -1, positions, and place, entry and message of each end."""


def row_of(shop: Shop, entry: int, messages: Sequence[int]) -> _Row:
    """Return an entry's head, and after it each message with what follows it."""
    head = shop.heads[entry]
    tokens, owner, positions = list(head), [-1] * len(head), list(range(len(head)))
    ends = []
    for message in messages:
        more = (*shop.messages[message].tokens, *shop.tail)
        tokens += more
        owner += [message] * len(more)
        positions += range(len(head), len(head) + len(more))
        ends.append((len(tokens) - 1, entry, message))
    return tokens, owner, positions, ends


def padded(qwen: Qwen, group: Sequence[_Row]) -> Rows:
    """Return rows of equal length, gone through the layers that do not change."""
    longest = max(len(tokens) for tokens, *_ in group)
    ids, positions = (torch.zeros(len(group), longest, dtype=torch.long) for _ in range(2))
    owners = torch.full((len(group), longest), -2)
    ends = []
    for number, (tokens, owner, places, own) in enumerate(group):
        ids[number, : len(tokens)] = torch.tensor(tokens)
        owners[number, : len(tokens)] = torch.tensor(owner)
        positions[number, : len(tokens)] = torch.tensor(places)
        ends += [(number, *end) for end in own]
    rows = Rows(qwen.embedding[ids], positions, seen(owners), ends)
    with torch.no_grad():
        states = qwen.through(qwen.layers[: qwen.first], rows.states, rows)
    return Rows(states, positions, rows.mask, ends)


def seen(owners: Tensor) -> Tensor:
    """Return what is added to attention: 0 where a token sees another, -inf elsewhere, (n, 1, t, t).

    Each sees what came before it of the head, whose owner is -1, and of its own message.
    """
    length = owners.shape[1]
    own = owners[:, None, :] == owners[:, :, None]
    visible = ((owners[:, None, :] == -1) | own).tril()
    mask = torch.zeros(len(owners), 1, length, length, dtype=torch.bfloat16)
    return mask.masked_fill_(~visible[:, None], -math.inf)


def grouped(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Return rows in groups that go through the layers together, of similar length."""
    groups: list[list[_Row]] = []
    for row in sorted(rows, key=lambda row: len(row[0])):
        if groups and (len(groups[-1]) + 1) * len(row[0]) <= _MOST_AT_ONCE:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def loss_of(shop: Shop, ends: Sequence[tuple[int, int, int, int]], odds: Tensor) -> Tensor:
    """Return the mean loss of the messages."""
    by_message: dict[int, list[tuple[int, Tensor]]] = {}
    for (_, _, entry, message), value in zip(ends, odds, strict=True):
        by_message.setdefault(message, []).append((entry, value))
    losses = []
    for message, judged in by_message.items():
        right = shop.messages[message].entry
        others = torch.stack([torch.zeros(()), *(odd for entry, odd in judged if entry != right)])
        none = torch.logsumexp(others, 0)
        if right is None:
            losses.append(none)
        else:
            all_ = torch.stack([odd for _, odd in judged] + [torch.zeros(())])
            own = next(odd for entry, odd in judged if entry == right)
            losses.append(torch.logsumexp(all_, 0) - own + 0.5 * none)
    return torch.stack(losses).mean()


def teach(
    qwen: Qwen,
    lessons: Sequence[Shop],
    choices: dict[Language, tuple[list[int], list[int]]],
    rate: float,
    seconds: float,
) -> None:
    """Change the weights; two times through the shops, or as far as the time goes."""
    weights = [w for changed in qwen.changes.values() for w in (changed.down, changed.up)]
    optimizer = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    draw, started = random.Random(0), time.monotonic()
    order = [shop for _ in range(2) for shop in draw.sample(lessons, len(lessons))]
    for step, shop in enumerate(order, 1):
        gone = max(step / len(order), (time.monotonic() - started) / seconds)
        if gone >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / _WARM_UP) * (1 - gone)
        pairs = shop.drawn(draw)
        rows = [row_of(shop, entry, messages) for entry, messages in pairs.items()]
        parts = [padded(qwen, group) for group in grouped(rows)]
        odds = torch.cat([qwen.odds(part, choices[shop.language]) for part in parts])
        loss = loss_of(shop, [end for part in parts for end in part.ends], odds)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        took = time.monotonic() - started
        print(f"{step:3} {shop.name:20} loss {loss.item():.3f}  {took:.0f} s", flush=True)


def read(changes: dict[str, Changed], path: Path) -> None:
    """Begin with the changes of an earlier lesson."""
    import gguf

    tensors = {tensor.name: torch.tensor(tensor.data) for tensor in gguf.GGUFReader(path).tensors}
    for name, changed in changes.items():
        changed.down.data = tensors[f"{name}.lora_a"].float()
        changed.up.data = tensors[f"{name}.lora_b"].float()


def write(changes: dict[str, Changed], out: Path) -> None:
    """Write the changes in the form in which llama.cpp reads adapters."""
    import gguf

    rank = next(iter(changes.values())).down.shape[0]
    writer = gguf.GGUFWriter(out, "qwen2")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, SCALE * rank)
    for name, changed in changes.items():
        for end, weights in (("lora_a", changed.down), ("lora_b", changed.up)):
            writer.add_tensor(f"{name}.{end}", weights.detach().half().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> int:
    """Teach and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--rank", type=int, default=4)
    parser.add_argument("--first-layer", type=int, default=12)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--further", type=Path, help="what an earlier lesson wrote, to go on from")
    parser.add_argument("--shops", nargs="*", help="these files' shops only")
    given = parser.parse_args()
    torch.manual_seed(0)
    runtimes = Runtimes()
    model = runtimes.llm()
    lessons = list(shops(runtimes, given.shops))
    choices = {
        language: tuple([model.tokens(word)[0] for word in words] for words in (c.yes, c.no))
        for language, c in CHOICES.items()
    }
    path = Path(model.raw.model_path)
    model.close()
    qwen = Qwen(path, given.rank, given.first_layer)
    if given.further:
        read(qwen.changes, given.further)
    teach(qwen, lessons, choices, given.rate, 60 * given.minutes)
    write(qwen.changes, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
