"""Stage 1's trunk with weights that do not change, laid out for speed: pixels and prompts to pooled
embeddings by the same sums as `MintIQAModel.pooled_embeddings`.

What differs is the order of additions: one product makes queries, keys and values; pixels are
normalised by the weights of the patches; the last layer computes the queries alone, as nothing
reads its text; on a processor a prompt's queries are brought to the image's tokens, and not the
other way round. Figures: docs/decisions/051.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from .modeling import MintIQAModel
from .preprocessing import PIXEL_MEAN, PIXEL_STD

#: (…, in) → (…, out), as `nn.Linear`.
Linear = Callable[[Tensor], Tensor]
#: Makes a `Linear` of weight (out, in) and bias (out) or None.
Products = Callable[[Tensor, Tensor | None], Linear]


class Widths(NamedTuple):
    """products: of what is multiplied. sums: of the sums along the trunk and the norms."""

    products: torch.dtype
    sums: torch.dtype


class FrozenTrunk:
    """The trunk of `model` on its device, which keeps those of its weights that have the width.

    block_products: how the vision blocks' linear layers multiply; plainly if it is not given.
    processor: whether products are ordered as a processor likes them, and not as a GPU does; by
    the model's device if it is not given.
    """

    def __init__(
        self,
        model: MintIQAModel,
        widths: Widths,
        block_products: Products | None = None,
        *,
        processor: bool | None = None,
    ) -> None:
        vision, qformer = model.vision_model, model.qformer
        processor = model.device.type == "cpu" if processor is None else processor
        attend = _by_matrices if processor and widths.products != torch.float32 else _by_torch
        self._widths = widths
        self._vision = _Patches(vision.embeddings, widths)
        made = block_products or _plain
        self._blocks = [_Block(it, widths, made, attend) for it in vision.encoder.layers]
        self._after = _Norm(vision.post_layernorm, widths)
        self._queries = model.query_tokens.detach().to(widths.sums)
        self._words = model.embeddings.word_embeddings.weight.detach()
        self._places = model.embeddings.position_embeddings.weight.detach()
        self._before = _Norm(qformer.layernorm, widths)
        self._layers = [_Layer(it, widths, attend, processor) for it in qformer.encoder.layer]

    @torch.no_grad()  # not inference_mode, which torch.compile cannot compile
    def __call__(self, pixels: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        """uint8 (B, 3, S, S), int64 (B, L) and (B, L) → float32 (B, Dq)."""
        hidden = self._vision(pixels)
        for block in self._blocks:
            hidden = block(hidden)
        seen = self._after(hidden)  # (B, patches + 1, Dv)
        count = self._queries.shape[1]
        # Words and places are added in float32: what differs between words is small.
        text = functional.embedding(ids, self._words) + self._places[: ids.shape[1]]
        queries = self._queries.expand(len(ids), -1, -1)
        hidden = self._before.sums(torch.cat([queries, text.to(self._widths.sums)], dim=1))
        padding = functional.pad(mask == 0, (count, 0))[:, None, None]  # (B, 1, 1, Q + L)
        bias = torch.zeros_like(padding, dtype=self._widths.products)
        bias = bias.masked_fill(padding, -torch.inf)
        for layer in self._layers[:-1]:
            hidden = layer(hidden, seen, bias, count)
        return self._layers[-1].of_queries(hidden, seen, bias, count).float().mean(dim=1)


class _Norm:
    """A layer norm of the sums."""

    def __init__(self, norm: Any, widths: Widths) -> None:
        self._weight, self._bias = (it.detach().to(widths.sums) for it in (norm.weight, norm.bias))
        self._eps, self._products = float(norm.eps), widths.products

    def sums(self, hidden: Tensor) -> Tensor:
        return functional.layer_norm(hidden, hidden.shape[-1:], self._weight, self._bias, self._eps)

    def __call__(self, hidden: Tensor) -> Tensor:
        """In the width of products."""
        return self.sums(hidden).to(self._products)


class _Patches:
    """Bytes to the first sums (B, patches + 1, Dv)."""

    def __init__(self, embeddings: Any, widths: Widths) -> None:
        patches = embeddings.patch_embedding
        weight, bias = patches.weight.detach().float(), patches.bias.detach().float()
        mean, std = (
            torch.tensor(each, device=weight.device).view(3, 1, 1)
            for each in (PIXEL_MEAN, PIXEL_STD)
        )
        # Bytes are whole numbers below 256, which bfloat16 holds exactly.
        scaled = weight / (255 * std)
        offset = bias - (weight * (mean / std)).sum(dim=(1, 2, 3))
        places = embeddings.position_embedding.detach().float()
        self._weight = scaled.flatten(1).to(widths.products)
        self._places = (places[:, 1:] + offset).to(widths.sums)
        self._first = (embeddings.class_embedding.detach().float() + places[:, :1]).to(widths.sums)
        self._side = int(patches.kernel_size[0])

    def __call__(self, pixels: Tensor) -> Tensor:
        count, side, rows = len(pixels), self._side, pixels.shape[-1] // self._side
        cut = pixels[..., : rows * side, : rows * side].reshape(count, 3, rows, side, rows, side)
        flat = cut.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * rows, -1)
        found = functional.linear(flat.to(self._weight.dtype), self._weight)
        # (B, patches, Dv) in the width of the sums, whatever the product's is.
        return torch.cat([self._first.expand(count, -1, -1), self._places + found], dim=1)


class _Block:
    """A block of the vision transformer."""

    def __init__(self, block: Any, widths: Widths, made: Products, attend: "_Attend") -> None:
        attention, mlp = block.self_attn, block.mlp
        self._before, self._between = (
            _Norm(it, widths) for it in (block.layer_norm1, block.layer_norm2)
        )
        self._all, self._out, self._up, self._down = (
            made(*_of(it, widths)) for it in (attention.qkv, attention.projection, mlp.fc1, mlp.fc2)
        )
        self._heads, self._attend = int(attention.num_heads), attend

    def __call__(self, hidden: Tensor) -> Tensor:
        query, key, value = _split(self._all(self._before(hidden)), 3, self._heads)
        hidden = hidden + self._out(self._attend(query, key, value, None))
        up = functional.gelu(self._up(self._between(hidden)))
        return hidden + self._down(up)


class _Layer:
    """A layer of the Q-Former."""

    def __init__(self, layer: Any, widths: Widths, attend: "_Attend", folded: bool) -> None:
        own = layer.attention.attention
        self._heads, self._attend = int(own.num_attention_heads), attend
        self._products = widths.products
        self._all = _joined(widths, own.query, own.key, own.value)
        self._own = _Sum(layer.attention.output, widths)
        self._look: _Look | None = None
        if layer.has_cross_attention:
            looks: type[_Look] = _FoldedLook if folded else _Look
            self._look = looks(layer.crossattention, widths, attend)
        self._of_queries = _Feed(layer.intermediate_query, layer.output_query, widths)
        self._of_text = _Feed(layer.intermediate, layer.output, widths)

    def __call__(self, hidden: Tensor, seen: Tensor, bias: Tensor, count: int) -> Tensor:
        """hidden (B, Q + L, Dq), seen (B, patches + 1, Dv), bias (B, 1, 1, Q + L), Q."""
        query, key, value = _split(self._all(hidden.to(self._products)), 3, self._heads)
        hidden = self._own(self._attend(query, key, value, bias), hidden)
        queries = self._looking(hidden[:, :count], seen)
        return torch.cat([queries, self._of_text(hidden[:, count:])], dim=1)

    def of_queries(self, hidden: Tensor, seen: Tensor, bias: Tensor, count: int) -> Tensor:
        """The first Q rows of the layer's output: (B, Q, Dq)."""
        query, key, value = _split(self._all(hidden.to(self._products)), 3, self._heads)
        found = self._attend(query[:, :, :count], key, value, bias)
        return self._looking(self._own(found, hidden[:, :count]), seen)

    def _looking(self, queries: Tensor, seen: Tensor) -> Tensor:
        if self._look is not None:
            queries = self._look(queries, seen)
        return self._of_queries(queries)


class _Look:
    """Queries (B, Q, Dq) look at an image's tokens (B, patches + 1, Dv)."""

    def __init__(self, looking: Any, widths: Widths, attend: "_Attend") -> None:
        attention = looking.attention
        self._heads, self._attend = int(attention.num_attention_heads), attend
        self._products = widths.products
        self._query = _plain(*_of(attention.query, widths))
        self._seen = _joined(widths, attention.key, attention.value)
        self._sum = _Sum(looking.output, widths)

    def __call__(self, queries: Tensor, seen: Tensor) -> Tensor:
        (query,) = _split(self._query(queries.to(self._products)), 1, self._heads)
        key, value = _split(self._seen(seen), 2, self._heads)
        return self._sum(self._attend(query, key, value, None), queries)


class _FoldedLook(_Look):
    """The same by (q Wk) xᵀ and (a x) Wvᵀ instead of q (x Wkᵀ)ᵀ and a (x Wvᵀ): there are fewer
    queries than tokens, so fewer products. A key's bias moves all scores of a query alike, which
    the softmax does not see."""

    def __init__(self, looking: Any, widths: Widths, attend: "_Attend") -> None:
        super().__init__(looking, widths, attend)
        attention = looking.attention
        per_head = (self._heads, -1, attention.key.in_features)
        self._key, value = (
            it.weight.detach().to(widths.products).view(per_head)
            for it in (attention.key, attention.value)
        )  # each (H, D, Dv)
        self._value, self._bias = value.mT, cast(Tensor, _of(attention.value, widths)[1])
        del self._seen

    def __call__(self, queries: Tensor, seen: Tensor) -> Tensor:
        images, count, _width = queries.shape
        asked = self._query(queries.to(self._products)).view(images * count, self._heads, -1)
        brought = torch.bmm(asked.transpose(0, 1), self._key)  # (H, B·Q, Dv)
        brought = _by_image(brought, images)  # (B, H·Q, Dv)
        scores = _scaled(brought, seen.mT, asked.shape[-1])
        found = torch.bmm(torch.softmax(scores, dim=-1), seen)  # (B, H·Q, Dv)
        per_head = torch.bmm(_by_image(found, self._heads), self._value)  # (H, B·Q, D)
        joined = per_head.transpose(0, 1).reshape(images, count, -1)
        return self._sum(joined + self._bias, queries)


def _by_image(rows: Tensor, outer: int) -> Tensor:
    """(A, outer · Q, D) → (outer, A · Q, D)."""
    first, joint, width = rows.shape
    return rows.view(first, outer, joint // outer, width).transpose(0, 1).reshape(outer, -1, width)


class _Sum:
    """What a layer found is added to what came in, and normalised."""

    def __init__(self, output: Any, widths: Widths) -> None:
        self._dense, self._norm = (
            _plain(*_of(output.dense, widths)),
            _Norm(output.LayerNorm, widths),
        )

    def __call__(self, found: Tensor, hidden: Tensor) -> Tensor:
        return self._norm.sums(hidden + self._dense(found))


class _Feed:
    """Two linear layers with a GELU between, added and normalised."""

    def __init__(self, intermediate: Any, output: Any, widths: Widths) -> None:
        self._up, self._sum = _plain(*_of(intermediate.dense, widths)), _Sum(output, widths)
        self._products = widths.products

    def __call__(self, hidden: Tensor) -> Tensor:
        return self._sum(functional.gelu(self._up(hidden.to(self._products))), hidden)


def _of(linear: nn.Linear, widths: Widths) -> tuple[Tensor, Tensor | None]:
    weight, bias = linear.weight.detach(), linear.bias
    return weight.to(widths.products), None if bias is None else bias.detach().to(widths.products)


def _plain(weight: Tensor, bias: Tensor | None) -> Linear:
    return lambda given: functional.linear(given, weight, bias)


def _joined(widths: Widths, *linears: nn.Linear) -> Linear:
    """Several linear layers of one input as one."""
    weights, biases = zip(*(_of(it, widths) for it in linears), strict=True)
    return _plain(torch.cat(weights), torch.cat(cast(tuple[Tensor, ...], biases)))


def _split(joint: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
    """(B, L, parts · Dq) → that many (B, H, L, D)."""
    images, rows, _width = joint.shape
    return joint.view(images, rows, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind()


#: (B, H, Lq, D), (B, H, S, D) twice, what is added to the scores or None → (B, Lq, H · D).
_Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


def _by_torch(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    return found.transpose(1, 2).flatten(2)


def _by_matrices(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """On a processor twice as fast as torch's own for some dozens of tokens in bfloat16."""
    images, heads, rows, width = query.shape
    query, key, value = (it.reshape(images * heads, -1, width) for it in (query, key, value))
    if bias is not None:
        bias = bias.expand(images, heads, rows, -1).reshape(images * heads, rows, -1)
    scores = _scaled(query, key.mT, width, bias)
    found = torch.bmm(torch.softmax(scores, dim=-1), value)
    return found.view(images, heads, rows, width).transpose(1, 2).flatten(2)


def _scaled(first: Tensor, second: Tensor, width: int, bias: Tensor | None = None) -> Tensor:
    """first · second / √width + bias, for (N, A, D) and (N, D, B)."""
    added = first.new_empty(()) if bias is None else bias
    return torch.baddbmm(added, first, second, beta=0 if bias is None else 1, alpha=width**-0.5)
