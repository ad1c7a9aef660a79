"""The encoder as a graph of 8-bit integers, made from the checked weights whenever it is loaded.

Each weight is kept as 8 bits with one scale for ``BLOCK`` inputs of a column, and the run time
rounds what comes in block by block too: half of the time of 32 bits, and no figure of the triage
moves. One scale a column is quicker still, but loses (see README.md, Speed).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

BLOCK = 128
HALF = 128  # what an 8-bit weight of zero is written as
FOURTH = 3  # the layer, beside the last, whose mean is kept: it still holds the words themselves
OPSETS = (helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1))

Array = NDArray[np.float32]


def graph(weights: Mapping[str, Array], layers: int, heads: int) -> bytes:
    """Return the graph: ``x``, tokens x width before the first norm, becomes ``meaning``.

    A meaning is the mean of the last layer and that of the fourth, each of length one.
    """
    drawn = _Drawing(weights, heads)
    x = drawn.norm("x", "embeddings.LayerNorm")
    means = []
    for number in range(layers):
        x = drawn.layer(x, f"encoder.layer.{number}")
        if number in (FOURTH, layers - 1):
            means.append(drawn.mean(x))
    drawn.node("Concat", *means[::-1], out="meaning", axis=0)
    width = len(weights["embeddings.LayerNorm.weight"])
    made = helper.make_graph(
        drawn.nodes,
        "meaning",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["tokens", width])],
        [helper.make_tensor_value_info("meaning", TensorProto.FLOAT, [len(means) * width])],
        drawn.tensors,
    )
    model = helper.make_model(made, opset_imports=OPSETS, ir_version=9)
    return bytes(model.SerializeToString())


class _Drawing:
    """Nodes and weights as they are put down; each method returns the name of what it gives."""

    def __init__(self, weights: Mapping[str, Array], heads: int) -> None:
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []
        self._weights = weights
        self._heads = heads
        width = len(weights["embeddings.LayerNorm.weight"])
        self._split = self.tensor("split", np.array([0, heads, width // heads]))
        self._joined = self.tensor("joined", np.array([0, width]))
        self._first = self.tensor("first", np.array([0]))

    def tensor(self, name: str, value: NDArray[np.generic]) -> str:
        """Put down a constant."""
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(
        self, kind: str, *inputs: str, out: str = "", domain: str = "", **settings: object
    ) -> str:
        """Put down one operation of one result."""
        out = out or f"{kind}.{len(self.nodes)}"
        made = helper.make_node(kind, inputs, [out], domain=domain)
        made.attribute.extend(helper.make_attribute(name, of) for name, of in settings.items())
        self.nodes.append(made)
        return out

    def layer(self, x: str, name: str) -> str:
        """Put down one layer: attention, then widening and narrowing, each added to what came."""
        seen = self.dense(self.attention(x, f"{name}.attention.self"), f"{name}.attention.output")
        x = self.norm(self.node("Add", x, seen), f"{name}.attention.output.LayerNorm")
        wide = self.node("Gelu", self.dense(x, f"{name}.intermediate"))
        x = self.node("Add", x, self.dense(wide, f"{name}.output"))
        return self.norm(x, f"{name}.output.LayerNorm")

    def attention(self, x: str, name: str) -> str:
        """Put down how each token looks at the others."""
        query, key, value = (
            self.node("Reshape", self.product(x, f"{name}.{part}"), self._split)
            for part in ("query", "key", "value")
        )
        heads_first, tokens_last = [1, 0, 2], [1, 2, 0]
        size = len(self._weights[f"{name}.query.bias"]) // self._heads
        scale = self.tensor(f"{name}.scale", np.array(1 / np.sqrt(size), np.float32))
        scores = self.node(
            "MatMul",
            self.node("Transpose", self.node("Mul", query, scale), perm=heads_first),
            self.node("Transpose", key, perm=tokens_last),
        )
        looked = self.node("Softmax", scores, axis=-1)
        value = self.node("Transpose", value, perm=heads_first)
        context = self.node("Transpose", self.node("MatMul", looked, value), perm=heads_first)
        return self.node("Reshape", context, self._joined)

    def dense(self, x: str, name: str) -> str:
        """Put down the product with the dense weights of this part."""
        return self.product(x, f"{name}.dense")

    def product(self, x: str, name: str) -> str:
        """Put down a product with 8-bit weights, and its shift."""
        weight = self._weights[f"{name}.weight"]
        outputs, inputs = weight.shape
        blocks = weight.reshape(outputs, inputs // BLOCK, BLOCK)
        scales = np.abs(blocks).max(axis=-1) / 127
        rounded = np.round(blocks / np.maximum(scales, np.float32(1e-12))[..., None]) + HALF
        return self.node(
            "MatMulNBits",
            x,
            self.tensor(f"{name}.weight", rounded.astype(np.uint8)),
            self.tensor(f"{name}.scales", scales.astype(np.float32)),
            "",  # the zero is HALF, as the operation takes it to be
            "",
            self.tensor(f"{name}.bias", self._weights[f"{name}.bias"]),
            domain="com.microsoft",
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,  # what comes in is rounded to 8 bits as well
        )

    def norm(self, x: str, name: str) -> str:
        """Put down a layer normalisation (epsilon 1e-12, as trained)."""
        pair = [
            self.tensor(f"{name}.{part}", self._weights[f"{name}.{part}"])
            for part in ("weight", "bias")
        ]
        return self.node("LayerNormalization", x, *pair, epsilon=1e-12, axis=-1)

    def mean(self, x: str) -> str:
        """Put down the mean over the tokens, of length one."""
        mean = self.node("ReduceMean", x, self._first, keepdims=0)
        return self.node("LpNormalization", mean, axis=0, p=2)
