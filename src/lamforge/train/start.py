"""What training starts from: a base model's weights, or a new model with a tokenizer made of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.data import copied_words, rendered_texts
from lamforge.errors import TrainingError
from lamforge.formats import Format
from lamforge.train.recipe import Recipe


def starting_point(recipe: Recipe, data: list[Path], fmt: Format) -> tuple[Any, Any]:
    """The tokenizer and the model to start from: a released one, or new ones of the recipe's shape.

    Raises:
        TrainingError: if the base model cannot be loaded or does not fit the format.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    from lamforge.train.copying import start_copying
    from lamforge.train.tokenizer import train_tokenizer

    shape = recipe.model
    torch.manual_seed(recipe.training.seed)
    if shape.base is not None:
        try:
            tokenizer = AutoTokenizer.from_pretrained(shape.base)
            loaded: Any = AutoModelForCausalLM.from_pretrained(shape.base, dtype=torch.float32)
        except (OSError, ValueError) as error:
            raise TrainingError(f"cannot be loaded: {error}", where=shape.base) from error
        unknown = [token for token in fmt.special_tokens if len(tokenizer.encode(token, add_special_tokens=False)) != 1]
        if unknown:
            raise TrainingError(
                f"its tokenizer does not know {', '.join(unknown)} as single tokens",
                where=shape.base,
                remedy=f"Choose a base model of the family of {fmt.id}, or another format.",
            )
        return tokenizer, loaded
    tokenizer = train_tokenizer(
        rendered_texts(data, fmt), fmt, recipe.tokenizer.vocab_size, shape.context_length, copied_words(data)
    )
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.num_hidden_layers,
        num_attention_heads=shape.num_attention_heads,
        num_key_value_heads=shape.num_key_value_heads,
        max_position_embeddings=shape.context_length,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model: Any = Qwen2ForCausalLM(config)
    if shape.initial_weights == "copying":
        start_copying(model)
    return tokenizer, model
