"""All claims, in the order of the page."""

from __future__ import annotations

from .breakeven import BREAKEVEN_5, BREAKEVEN_5_TO_10
from .claim import Claim
from .hypersnn import HYPERSNN
from .matterhorn import MATTERHORN
from .prosperity import PROSPERITY
from .sana_fe import SANA_FE
from .shiftlif import SHIFTLIF
from .silent_code import SILENT_CODE
from .sorbet import SORBET
from .sparrow import SPARROW
from .spikyspace import SPIKYSPACE
from .step import STEP
from .unsayable import UNSAYABLE

CLAIMS: tuple[Claim, ...] = (
    BREAKEVEN_5,
    BREAKEVEN_5_TO_10,
    MATTERHORN,
    STEP,
    SPIKYSPACE,
    SHIFTLIF,
    PROSPERITY,
    HYPERSNN,
    SPARROW,
    SORBET,
    SILENT_CODE,
    SANA_FE,
    *UNSAYABLE,
)
