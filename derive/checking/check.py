"""One hand-in, checked: from its text to its verdicts."""

from __future__ import annotations

from pathlib import Path

from derive.check.claims import read
from derive.check.hand_in import check as judge
from derive.check.missing import missing
from derive.check.without import without
from derive.checking.against import against
from derive.checking.submission import Submission
from derive.narrate.feedback.remarks import Feedback


def check(submission: Submission, report: Path | None) -> Feedback:
    """Return the verdicts on a hand-in, against a report or (None) its own lines; raises a Fault for a bad report."""
    hand_in = read(submission.source, submission.latex)
    if report is None:
        judged, graph = without(hand_in)
        return Feedback(hand_in, submission.latex, judged, (), graph)
    asks = against(report)
    judged = judge(hand_in, asks.subjects, asks.asked)
    return Feedback(hand_in, submission.latex, judged, missing(judged, asks.wanted))
