"""What students get wrong, one record each, and which of it explains a wrong line.

The order of the records is that in which explanations are preferred: the special before the general.
"""

from __future__ import annotations

from derive.check.bench import Bench, Verdict
from derive.check.misconceptions.chains import CHAINS
from derive.check.misconceptions.digits import DIGITS
from derive.check.misconceptions.exchanged import EXCHANGED
from derive.check.misconceptions.functions import FUNCTIONS
from derive.check.misconceptions.labels import INPUTS, LABELS
from derive.check.misconceptions.matrices import MATRICES
from derive.check.misconceptions.record import Misconception
from derive.check.misconceptions.rounded import ROUNDED
from derive.check.misconceptions.search import Diagnosis
from derive.check.misconceptions.search import diagnose as _diagnose
from derive.check.misconceptions.signs import SIGNS
from derive.check.misconceptions.slopes import SLOPES
from derive.language import surface as s

__all__ = ["MISCONCEPTIONS", "RECORDS", "Diagnosis", "Misconception", "diagnose"]

RECORDS = (*SIGNS, *SLOPES, *FUNCTIONS, *INPUTS, *CHAINS, *LABELS, *EXCHANGED, *DIGITS[:2], *ROUNDED, *DIGITS[2:])
MISCONCEPTIONS: dict[str, Misconception] = {record.code: record for record in (*RECORDS, *MATRICES)}


def diagnose(
    left: s.Tree, right: s.Tree, verdict: Verdict, bench: Bench, approximate: bool = False
) -> Diagnosis | None:
    """Return why left = right is wrong, None where nothing explains it."""
    return _diagnose(RECORDS, left, right, verdict, bench, approximate)
