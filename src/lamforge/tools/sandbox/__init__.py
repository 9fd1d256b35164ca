"""A process for code that is not trusted: limits, no network, no other processes, no files but its own."""

from lamforge.tools.sandbox.confinement import beside
from lamforge.tools.sandbox.host import Sandbox, guest_environment
from lamforge.tools.sandbox.setting import GuestError, Level, Setting

__all__ = ["GuestError", "Level", "Sandbox", "Setting", "beside", "guest_environment"]
