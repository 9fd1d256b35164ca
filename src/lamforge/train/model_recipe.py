"""The parts of a recipe that say what is trained: tokenizer, model, adapters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_CONTEXT = 4096  # tokens, of a new model whose recipe does not say


class Section(BaseModel):
    """A part of a recipe."""

    model_config = ConfigDict(extra="forbid")


class TokenizerRecipe(Section):
    """The tokenizer of a new model: byte-level BPE trained on the data, or that of another folder."""

    base: str | None = None  # a folder with a tokenizer.json
    vocab_size: int = Field(4096, ge=300, le=200_000)


class ModelRecipe(Section):
    """What to start from: a new model of a shape, or `base`. A text alone, in place of the section, is the base.

    Beside a base the shape is what its config.json is known to hold: for `--dry-run`, and checked when it is loaded.
    """

    base: str | None = None  # a folder, "hf:owner/name", nano, or a GGUF file that lamforge exported
    architecture: Literal["qwen2", "llama"] = "qwen2"
    hidden_size: int = Field(256, ge=16)
    intermediate_size: int = Field(768, ge=16)
    num_hidden_layers: int = Field(4, ge=1)
    num_attention_heads: int = Field(4, ge=1)
    num_key_value_heads: int = Field(4, ge=1)
    vocab_size: int | None = Field(None, ge=300)  # of a base; a new model has its tokenizer's
    tie_word_embeddings: bool = True
    rope_theta: float = Field(1e6, gt=0)
    yarn_factor: float | None = Field(None, gt=1)  # stretches the positions of a base: 4 for 128k on Qwen 2.5
    initial_weights: Literal["copying", "random"] = "copying"  # see lamforge.train.copying
    context_length: int | None = Field(None, ge=128)  # tokens of a conversation; of a base: what it was made for
    replace_template: bool = False  # train another chat template than the base model's, knowing that

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"base": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _fits(self) -> ModelRecipe:
        heads = self.num_attention_heads
        if self.base is not None:
            return self
        if self.hidden_size % heads or self.hidden_size // heads % 2 or heads % self.num_key_value_heads:
            raise ValueError(
                "hidden_size must be an even multiple of num_attention_heads, and that of num_key_value_heads"
            )
        if self.copies and (heads < 4 or heads != self.num_key_value_heads or self.num_hidden_layers < 2):
            raise ValueError("initial_weights=copying needs 2 layers, 4 heads and as many key-value heads")
        if self.yarn_factor is not None:
            raise ValueError("yarn_factor stretches a base model; a new one has the context_length it is given")
        self.context_length = self.context_length or _CONTEXT
        return self

    @property
    def copies(self) -> bool:
        """Whether the starting weights are set up to copy; they are for Qwen2's biases."""
        return self.initial_weights == "copying" and self.architecture == "qwen2"

    @property
    def stated_shape(self) -> dict[str, Any]:
        """What the recipe says of the shape, by the names of config.json; empty if it says nothing."""
        names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
        said = {name: getattr(self, name) for name in (*names, "vocab_size") if name in self.model_fields_set}
        return said | ({"model_type": self.architecture} if "architecture" in self.model_fields_set else {})


class LoraRecipe(Section):
    """Low-rank adapters in place of all weights; the base stays as it is."""

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: list[str] = Field(default_factory=list)  # names of linear layers; all of them if empty
    quantize: Literal["nf4"] | None = None  # QLoRA: the base in 4 bits, on a GPU
