"""Domains whose tools are a server's: their state is what can be observed of it."""

from lamforge.domains.remote.environment import RemoteEnvironment
from lamforge.domains.remote.folder import import_domain
from lamforge.domains.remote.loading import load_remote, unusable
from lamforge.domains.remote.session import RemoteSession
from lamforge.domains.remote.settings import RemoteSettings

__all__ = ["RemoteEnvironment", "RemoteSession", "RemoteSettings", "import_domain", "load_remote", "unusable"]
