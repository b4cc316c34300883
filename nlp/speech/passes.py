"""Two readings of one recording: one without any suggestion, one with the names that the first gave evidence for.

The plain reading decides whether anything was said. The suggested one replaces it only while it sounds like it: words
that were suggested and not spoken, an echo of the prompt or a loop all fail that test.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from nlp.names.sound import folded
from nlp.speech.decode import Samples
from nlp.speech.hallucination import bare_words, is_hallucination
from nlp.speech.hints import prompt, sounding_like
from nlp.speech.simplified import to_simplified

#: Below this mean log-probability a reading is guesswork (speech in street noise has −0.6 and better).
_MIN_LOGPROB = -1.2
#: Whisper's own “nobody speaks” chance counts only together with a poor reading.
_NO_SPEECH, _POOR_LOGPROB = 0.6, -0.8
#: How much the suggested reading must sound like the plain one, 0–100.
_MIN_AGREEMENT = 55.0
_WINDOWS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoding: Simplified text, mean log-probability and the highest “nobody speaks” chance of its segments."""

    text: str
    logprob: float
    no_speech: float


def recognise(model: Any, samples: Samples, hints: Sequence[str]) -> tuple[str, ...]:
    """Return the readings of a recording, best first; empty when nothing was said. `model` is a `WhisperModel`."""
    plain = _read(model, samples, beam_size=1, temperature=(0.0, 0.2, 0.4))
    if not says_something(plain):
        return ()
    names = sounding_like(hints, bare_words(plain.text))
    suggested = _read(model, samples, beam_size=5, temperature=0.0, initial_prompt=prompt(names))
    if not agree(plain.text, suggested.text):
        return (plain.text,)
    return tuple(dict.fromkeys((suggested.text, plain.text)))


def says_something(reading: Reading) -> bool:
    """Say whether a reading is of speech, by its words and by the recogniser's own doubts."""
    if is_hallucination(reading.text) or reading.logprob < _MIN_LOGPROB:
        return False
    return not (reading.no_speech > _NO_SPEECH and reading.logprob < _POOR_LOGPROB)


def agree(plain: str, suggested: str) -> bool:
    """Say whether two readings sound alike enough to be readings of the same speech."""
    ours, theirs = folded(bare_words(plain)), folded(bare_words(suggested))
    return fuzz.ratio(ours, theirs) >= _MIN_AGREEMENT


class RememberedEncodings:
    """Stands in for a model's `encode`, so that the second reading of the same windows does not compute them again.

    Encoding is most of the work for a short clip. Kept per thread, the last three windows of 30 s (4 MB each), until
    `forget` is called at the end of a recording.
    """

    def __init__(self, encode: Callable[[NDArray[np.float32]], Any]) -> None:
        self._encode = encode
        self._local = threading.local()

    def __call__(self, features: NDArray[np.float32]) -> Any:
        kept: OrderedDict[bytes, Any] = self._local.__dict__.setdefault("kept", OrderedDict())
        key = features.tobytes()
        if key not in kept:
            kept[key] = self._encode(features)
            if len(kept) > _WINDOWS_KEPT:
                kept.popitem(last=False)
        return kept[key]

    def forget(self) -> None:
        """Drop what this thread remembers."""
        self._local.__dict__.clear()


def _read(model: Any, samples: Samples, **options: Any) -> Reading:
    """Decode once. The segments come lazily: joining them is what does the work."""
    found, _ = model.transcribe(samples, language="zh", condition_on_previous_text=False, **options)
    segments = list(found)
    weights = [max(len(segment.tokens), 1) for segment in segments]
    logprob = np.average([segment.avg_logprob for segment in segments], weights=weights) if segments else -9.0
    return Reading(
        text=to_simplified("".join(segment.text for segment in segments)).strip(),
        logprob=float(logprob),
        no_speech=max((segment.no_speech_prob for segment in segments), default=1.0),
    )
