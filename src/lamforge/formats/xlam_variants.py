"""What tells xLAM-2's families and variants apart, and what they all say."""

from __future__ import annotations

from dataclasses import dataclass

SYSTEM = "You are a helpful assistant that can use tools. You are developed by Salesforce xLAM team."
SYSTEM_VLLM = "You are a helpful assistant. You are developed by Salesforce xLAM team."
INSTRUCTION = (
    "You have access to a set of tools. When using tools, make calls in a single JSON array: \n\n"
    '[{"name": "tool_call_name", "arguments": {"arg1": "value1", "arg2": "value2"}}, '
    "... (additional parallel tool calls as needed)]\n\n"
    "If no tool is suitable, state that explicitly. If the user's input lacks required parameters, ask for "
    "clarification. Do not interpret or respond until tool results are returned. Once they are available, process them "
    "or make additional calls if needed. For tasks that don't require tools, such as casual conversation or general "
    "advice, respond directly in plain text. The available tools are:"
)


@dataclass(frozen=True)
class Family:
    """How a base model marks turns."""

    name: str
    begin: str  # of a conversation
    open: str  # before a role
    close: str  # after a role
    end: str  # of a turn
    tool_role: str
    stop_tokens: tuple[str, ...]
    special_tokens: tuple[str, ...]
    break_vllm: str = ""  # what vLLM's template puts after each turn
    unwraps: bool = False  # a tool's result {"content": x} prints x

    def header(self, role: str) -> str:
        """What stands before a message's text."""
        return f"{self.open}{self.tool_role if role == 'tool' else role}{self.close}"


QWEN = Family(
    "xlam-qwen",
    begin="",
    open="<|im_start|>",
    close="\n",
    end="<|im_end|>",
    tool_role="tool",
    stop_tokens=("<|im_end|>", "<|endoftext|>"),
    special_tokens=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    break_vllm="\n",
    unwraps=True,
)
LLAMA = Family(
    "xlam-llama",
    begin="<|begin_of_text|>",
    open="<|start_header_id|>",
    close="<|end_header_id|>\n\n",
    end="<|eot_id|>",
    tool_role="ipython",
    stop_tokens=("<|eot_id|>", "<|end_of_text|>"),
    special_tokens=(
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|finetune_right_pad_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eot_id|>",
    ),
)


@dataclass(frozen=True)
class Variant:
    """What the sources of one family's prompt disagree about."""

    system: str = SYSTEM
    always: bool = False  # the instruction stands beside a system message too
    ascii: bool = False  # JSON escapes all that is not ASCII
    breaks: bool = False  # vLLM's line breaks


VARIANTS = {
    "hf": Variant(),
    "vllm": Variant(system=SYSTEM_VLLM, breaks=True),
    "bfcl": Variant(always=True, ascii=True),
    "always": Variant(always=True),
}
