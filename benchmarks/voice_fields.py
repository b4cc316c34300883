"""What hearing with hints is worth in fields: `python -m benchmarks.voice_fields`.

Each development clip is heard twice with the same model: as the service hears it (hints from the rep's own customers,
our passes, Simplified by OpenCC), and plainly (no hints, the recogniser's text as it comes). Both texts go through the
same extraction. Printed per field: share right of each, against the clip's gold, with the written note as upper limit;
then how many shown values are right, how many right values are shown as values, how many questions hold the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.extraction import Tally, count_fields
from handlers.playbooks import load as load_playbook
from nlp import Directory, extract, hints
from nlp.speech.decode import decode
from nlp.speech.models import find
from nlp.speech.whisper import NothingHeardError, WhisperTranscriber
from nlp.types import FIELDS, Note
from tests.nlp.corpus import CORPUS, load_customers, load_reps

CLIPS = CORPUS / "voice-dev"


class Fields:
    """Extraction of heard words, scored field by field."""

    def __init__(self) -> None:
        self.directory = Directory(load_customers(), load_reps())
        self._playbooks = {name: load_playbook(name).for_nlp() for name in ("manufacturing", "fmcg", "generic")}

    def score(self, words: str, clip: dict[str, Any], tally: Tally) -> None:
        """Count which of the clip's gold fields the words give."""
        note = Note(words, datetime.fromisoformat(clip["sent_at"]), clip["rep"], "voice")
        count_fields(extract(note, self.directory, self._playbooks[clip["playbook"]]), clip, tally)


def plain_words(model: Any, audio: bytes) -> str:
    """Return what the recogniser says without any help of ours; only the decoder is ours, for AMR's silence frames."""
    segments, _ = model.transcribe(decode(audio), language="zh", beam_size=5)
    return "".join(segment.text for segment in segments).strip()


def load_plain(folder: Path) -> Any:
    """Load the recogniser as its documentation shows, with the service's number format."""
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True)


def our_words(transcriber: WhisperTranscriber, clip: dict[str, Any], audio: bytes, fields: Fields) -> str:
    """Return the words as the service hears them, empty for none."""
    said = hints(fields.directory, clip["rep"])
    try:
        return asyncio.run(transcriber.transcribe(audio, hints=said)).text
    except NothingHeardError:
        return ""


def report(tallies: dict[str, Tally], seconds: dict[str, list[float]]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"  {'right, %':<16}" + "".join(f"{name:>16}" for name in tallies)
    for field in (*FIELDS, "any", "complete"):
        yield f"  {field:<16}" + "".join(f"{tally.share(field):>16.1f}" for tally in tallies.values())
    for title, kind in (("shown are right", "shown"), ("right are shown", "asvalue"), ("questions hold", "holds")):
        yield f"  {title:<16}" + "".join(f"{tally.share(kind):>16.1f}" for tally in tallies.values())
    for name, took in ((name, took) for name, took in seconds.items() if took):
        yield f"  {name}: {statistics.median(took):.2f} s a clip (median)"


def main() -> int:
    """Hear all clips (or the first few) both ways and print the table."""
    parser = argparse.ArgumentParser(description="fields from speech, with hints and without")
    parser.add_argument("--clips", type=int, default=0, metavar="N", help="only the first N clips")
    parser.add_argument("--words", action="store_true", help="print what was heard")
    parser.add_argument("--ours", action="store_true", help="leave the plain recogniser out")
    parser.add_argument("--misses", action="store_true", help="print every wrong field of what was heard with hints")
    options = parser.parse_args()
    folder = find()
    if folder is None:
        print("  no speech model: run `waiqin models pull base`", file=sys.stderr)
        return 1
    clips = [json.loads(line) for line in (CLIPS / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    plain, ours, fields = None if options.ours else load_plain(folder), WhisperTranscriber(folder), Fields()
    tallies = {name: Tally() for name in ("with hints", "plain", "as written") if plain or name != "plain"}
    seconds: dict[str, list[float]] = {"with hints": [], "plain": []}
    for clip in clips[: options.clips or None]:
        audio, words = (CLIPS / clip["file"]).read_bytes(), {"as written": clip["text"]}
        begun = time.perf_counter()
        words["with hints"] = our_words(ours, clip, audio, fields)
        between = time.perf_counter()
        seconds["with hints"].append(between - begun)
        if plain:
            words["plain"] = plain_words(plain, audio)
            seconds["plain"].append(time.perf_counter() - between)
        for name, tally in tallies.items():
            fields.score(words[name], clip, tally)
        if options.words:
            print(clip["id"], *(f"  {name}: {text}" for name, text in words.items()), sep="\n")
    print(f"voice fields: {tallies['with hints'].seen['complete']} clips", *report(tallies, seconds), sep="\n")
    if options.misses:
        print(*tallies["with hints"].misses, sep="\n")
    ours.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
