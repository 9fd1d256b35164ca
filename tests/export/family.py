"""xLAM-2's five shapes at reduced width, with random weights: the folders that users bring, without their gigabytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lamforge.formats import get_format

_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_TEXT = [
    "You are a helpful assistant that can use tools. What is the weather in Rome in 2026?",
    '[{"name": "get_weather", "arguments": {"city": "Rome", "unit": "celsius"}}]',
    "The available tools are: description, parameters, properties, type, string, object, required",
] * 4
_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512}
_LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}
# Heads share keys and values, and embeddings are tied, as in the released config.json files.
FAMILY: dict[str, dict[str, Any]] = {
    "xlam-2-1b": {"heads": 4, "kv": 1, "hidden": 256, "tied": True, "rope": {}},
    "xlam-2-3b": {"heads": 8, "kv": 1, "hidden": 256, "tied": True, "rope": _YARN},
    "xlam-2-32b": {"heads": 10, "kv": 2, "hidden": 320, "tied": False, "rope": _YARN},
    "xlam-2-8b": {"heads": 8, "kv": 2, "hidden": 256, "tied": False, "rope": _LLAMA3},
    "xlam-2-70b": {"heads": 8, "kv": 1, "hidden": 512, "tied": False, "rope": _LLAMA3},
}


def write_model(name: str, folder: Path, *, layers: int = 2, vocabulary: int = 512, seed: int = 0) -> Path:
    """Writes the folder of one of `FAMILY`, as transformers would: config, weights, tokenizer, chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    shape, llama = FAMILY[name], name in ("xlam-2-8b", "xlam-2-70b")
    tokenizer = _tokenizer(llama)
    tokenizer.save_pretrained(folder)
    config: Any = (LlamaConfig if llama else Qwen2Config)(
        vocab_size=vocabulary,
        hidden_size=shape["hidden"],
        intermediate_size=512,
        num_hidden_layers=layers,
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["kv"],
        max_position_embeddings=2048,
        rms_norm_eps=1e-5 if llama else 1e-6,
        rope_parameters={"rope_type": "default", "rope_theta": 5e5 if llama else 1e6, **shape["rope"]},
        tie_word_embeddings=shape["tied"],
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    model: Any = (LlamaForCausalLM if llama else Qwen2ForCausalLM)(config)
    with torch.no_grad():
        for weight in model.parameters():  # large enough that attention, positions and biases matter
            weight.add_(torch.randn_like(weight) * (0.05 if weight.ndim == 2 else 0.2))
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def _tokenizer(llama: bool) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    fmt = get_format("xlam-llama/hf" if llama else "xlam-qwen/hf")
    tokenizer = Tokenizer(models.BPE(ignore_merges=llama))
    split = pre_tokenizers.Split(Regex(_SPLIT % (r"\p{N}{1,3}" if llama else r"\p{N}")), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    if not llama:
        tokenizer.normalizer = normalizers.NFC()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(_TEXT, trainer)
    tokenizer.add_special_tokens(list(fmt.special_tokens))
    bos = fmt.special_tokens[0] if llama else None
    if llama:
        template = {"single": f"{bos} $A", "special_tokens": [(bos, tokenizer.token_to_id(bos))]}
        tokenizer.post_processor = processors.TemplateProcessing(**template)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=bos,
        eos_token=fmt.stop_tokens[0],
        pad_token="<|finetune_right_pad_id|>" if llama else fmt.stop_tokens[1],
        extra_special_tokens=list(fmt.special_tokens),
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = fmt.chat_template
    return fast
