"""What others released, as data: the files of a folder or a wheel, and wheels that pip fetches by name. Never run."""

from lamforge.releases.files import Files
from lamforge.releases.pypi import Wheel, cache_folder

__all__ = ["Files", "Wheel", "cache_folder"]
