"""One episode, agent x simulated user x environment, and its verification by replay."""

from lamforge.simulate.agents import DoNothingAgent, ModelAgent
from lamforge.simulate.episode import MAX_TURNS, Agent, Conversation, User, run_episode
from lamforge.simulate.failures import error_kind, format_kind
from lamforge.simulate.grammar import Grammar, persona_text, personas, read_grammar
from lamforge.simulate.listening import contradicts
from lamforge.simulate.script import Goal, Script, script_of
from lamforge.simulate.scripted_user import ScriptedUser
from lamforge.simulate.verify import expected_state, replay, reward, verify

__all__ = [
    "MAX_TURNS",
    "Agent",
    "Conversation",
    "DoNothingAgent",
    "Goal",
    "Grammar",
    "ModelAgent",
    "Script",
    "ScriptedUser",
    "User",
    "contradicts",
    "error_kind",
    "expected_state",
    "format_kind",
    "persona_text",
    "personas",
    "read_grammar",
    "replay",
    "reward",
    "run_episode",
    "script_of",
    "verify",
]
