"""Conversations written down in a few words, for tests."""

from __future__ import annotations

from typing import Any

from lamforge.messages import Function, Message, ToolCall, Trajectory, content_id

ORDERS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "get_order",
            "description": "Look up an order by its id.",
            "parameters": {
                "type": "object",
                "properties": {"order_id": {"type": "string", "description": "The order's id."}},
                "required": ["order_id"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "cancel_order",
            "description": "Cancel an order that has not shipped.",
            "parameters": {
                "type": "object",
                "properties": {
                    "order_id": {"type": "string", "description": "The order's id."},
                    "reason": {"type": "string", "enum": ["no longer needed", "ordered by mistake"]},
                    "note": {"type": "string", "description": "A remark for the shop."},
                    "refund": {"type": "number", "description": "What is paid back."},
                },
                "required": ["order_id", "reason"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "find_shop",
            "description": "Find the nearest shop in a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "Name of the city."}},
                "required": ["city"],
            },
        },
    },
]


def call(tool: str, **arguments: Any) -> Message:
    """The assistant calls a tool; the id is made of the call."""
    name = f"call_{content_id(tool, arguments)[:6]}"
    calls = [ToolCall(id=name, function=Function(name=tool, arguments=arguments))]
    return Message(role="assistant", tool_calls=calls)


def result(of: Message, text: str) -> Message:
    """The tool answers a message's call."""
    assert of.tool_calls
    return Message(role="tool", content=text, tool_call_id=of.tool_calls[0].id, name=of.tool_calls[0].function.name)


def user(text: str) -> Message:
    """The user says something."""
    return Message(role="user", content=text)


def agent(text: str) -> Message:
    """The assistant says something."""
    return Message(role="assistant", content=text)


def talk(*messages: Message, tools: list[dict[str, Any]] = ORDERS, **changes: Any) -> Trajectory:
    """A trajectory of these messages."""
    record = {"task_id": "t", "domain": "shop", "tools": tools, "reward": 1, "messages": list(messages)}
    name = content_id([message.as_dict() for message in messages], repr(changes))
    return Trajectory(**{"trajectory_id": name, **record, **changes})


def cancelling(order: str = "W1042", *, opening: str = "Please cancel my order {order}.", **changes: Any) -> Trajectory:
    """A short conversation in which everything is right."""
    found = call("get_order", order_id=order)
    done = call("cancel_order", order_id=order, reason="no longer needed")
    return talk(
        Message(role="system", content="You help customers of a shop."),
        user(opening.format(order=order)),
        found,
        result(found, f'{{"order_id": "{order}", "status": "pending", "total": 25.5}}'),
        agent("It has not shipped. Shall I cancel it?"),
        user("Yes, I do not need it any more."),
        done,
        result(done, '{"status": "cancelled"}'),
        agent(f"Your order {order} is cancelled."),
        **changes,
    )
