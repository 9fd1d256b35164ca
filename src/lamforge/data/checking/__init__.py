"""Whether trajectories are what they should be: every structural rule with a code, lengths, replays."""

from lamforge.data.checking.codes import CODES, Code
from lamforge.data.checking.length import LengthCheck
from lamforge.data.checking.replaying import ReplayCheck
from lamforge.data.checking.run import Checked, Place, check_data, faults

__all__ = ["CODES", "Checked", "Code", "LengthCheck", "Place", "ReplayCheck", "check_data", "faults"]
