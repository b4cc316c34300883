"""How well and how fast voice clips become text: `python -m benchmarks.voice` (about three minutes on two cores).

Per clip of tests/corpus/voice-dev: character errors (CER) and syllable errors (SER: the same in toneless pinyin, which
is what matching names by sound sees), plain Whisper beside ours without and with the names of the rep's own customers.
Digits count as errors where the clip's text has 5% and the recogniser 百分之五. Then names written right, names that
nobody said, memory, and throughput with one and two workers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from nlp.speech import models
from nlp.speech.decode import decode
from nlp.speech.hallucination import bare_words
from nlp.speech.hints import hints_of
from nlp.speech.simplified import to_simplified
from nlp.speech.whisper import WhisperTranscriber
from tests.nlp.corpus import load_customers

CLIPS = Path(__file__).parents[1] / "tests" / "corpus" / "voice-dev"


@dataclass
class Score:
    """Errors of one way of recognising, summed over clips."""

    name: str
    char_errors: int = 0
    chars: int = 0
    syllable_errors: int = 0
    syllables: int = 0
    names_right: int = 0
    names_said: int = 0
    names_invented: list[str] = field(default_factory=list)
    took_s: float = 0.0
    seconds: float = 0.0

    def add(self, said: str, heard: str, names: Iterable[str], seconds: float, took_s: float) -> float:
        """Count one clip and return its CER. `names` are those that could have been said."""
        errors, size = distance(bare_words(said), bare_words(heard)), len(bare_words(said))
        self.char_errors += errors
        self.chars += size
        self.syllable_errors += distance(syllables(said), syllables(heard))
        self.syllables += len(syllables(said))
        for name in names:
            self.names_said += name in said
            self.names_right += name in said and name in heard
            self.names_invented += [name] if name in heard and name not in said else []
        self.took_s += took_s
        self.seconds += seconds
        return errors / size

    def line(self) -> str:
        return (
            f"{self.name:<28}{self.char_errors / self.chars:>7.1%}{self.syllable_errors / self.syllables:>7.1%}"
            f"{self.names_right:>6}/{self.names_said}{len(self.names_invented):>9}{self.took_s / self.seconds:>8.3f}"
            f"   {' '.join(self.names_invented)}"
        )


def distance(said: str | list[str], heard: str | list[str]) -> int:
    return int(Levenshtein.distance(said, heard))


def syllables(text: str) -> list[str]:
    return lazy_pinyin(bare_words(text))


def names_of(rep: str) -> list[str]:
    """Return what the rep may call their own customers and people, as the application hints them."""
    return list(hints_of(customer for customer in load_customers() if customer.owner == rep))


def strangers_of(rep: str) -> list[str]:
    """Return the names of the next rep in the list: nobody says them, so each one that appears is invented."""
    reps = sorted({customer.owner for customer in load_customers()})
    return names_of(reps[(reps.index(rep) + 1) % len(reps)] if rep in reps else reps[0])


def memory_mb() -> int:
    """Return the resident memory of this process in MB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1_000_000


def vanilla(folder: Path) -> Callable[[bytes], str]:
    """Return faster-whisper as it comes: beam 5, one thread, no prompt."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)

    def read(audio: bytes) -> str:
        found, _ = model.transcribe(decode(audio), language="zh", condition_on_previous_text=False)
        return to_simplified("".join(segment.text for segment in found))

    return read


async def accuracy(clips: list[dict[str, Any]], folder: Path, verbose: bool) -> None:
    plain, ours = vanilla(folder), WhisperTranscriber(folder, idle_unload_s=0)
    scores = [
        Score(name)
        for name in ("faster-whisper, beam 5", "ours, no names", "ours, the rep's names", "ours, wrong names")
    ]
    print(f"{'clip':<6}{'s':>6}{'plain':>8}{'no names':>10}{'names':>8}")
    for clip in clips:
        audio = (CLIPS / clip["file"]).read_bytes()
        names, strangers = names_of(clip["rep"]), strangers_of(clip["rep"])
        rates = []
        for score, hints in zip(scores, (None, [], names, strangers), strict=True):
            started = time.perf_counter()
            text = plain(audio) if hints is None else (await ours.transcribe(audio, hints=hints)).text
            took_s = time.perf_counter() - started
            counted = strangers if hints is strangers else names
            rates.append(score.add(clip["text"], text, counted, clip["seconds"], took_s))
            if verbose:
                print(f"      {score.name}: {text}")
        print(f"{clip['id']:<6}{clip['seconds']:>6.1f}{rates[0]:>8.0%}{rates[1]:>10.0%}{rates[2]:>8.0%}")
    ours.close()
    print(f"\n{'':<28}{'CER':>7}{'SER':>7}{'names':>8}{'invented':>10}{'RTF':>7}")
    print("\n".join(score.line() for score in scores))


async def memory(clips: list[dict[str, Any]], folder: Path) -> None:
    """Print memory before, with and after the model. Libraries stay loaded, the model does not."""
    ours = WhisperTranscriber(folder, idle_unload_s=0)
    audio = (CLIPS / clips[0]["file"]).read_bytes()
    idle = memory_mb()
    await ours.transcribe(audio)
    loaded = memory_mb()
    ours.unload()
    unloaded = memory_mb()
    await asyncio.gather(*(ours.transcribe(audio) for _ in range(4)))
    busy = memory_mb()
    ours.close()
    print(
        f"memory MB: {idle} idle, {loaded} loaded, {busy} with two workers, {unloaded} and {memory_mb()} after unload\n"
    )


async def throughput(clips: list[dict[str, Any]], folder: Path) -> None:
    """Print how many seconds of speech one and two workers read in a second."""
    batch = [(CLIPS / clip["file"]).read_bytes() for clip in clips[:8]]
    seconds = sum(clip["seconds"] for clip in clips[:8])
    for workers in (1, 2):
        ours = WhisperTranscriber(folder, idle_unload_s=0, workers=workers)
        await ours.transcribe(batch[0])
        started = time.perf_counter()
        await asyncio.gather(*(ours.transcribe(audio) for audio in batch))
        took_s = time.perf_counter() - started
        ours.close()
        print(
            f"{workers} worker(s): {seconds:.0f} s of speech in {took_s:.1f} s ({seconds / took_s:.1f} times real time)"
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=None, help="only the first clips")
    parser.add_argument("--verbose", action="store_true", help="print what each way heard")
    asked = parser.parse_args()
    folder = models.find() or models.pull(progress=models.terminal_progress())
    lines = (CLIPS / "index.jsonl").read_text(encoding="utf-8").splitlines()
    clips = [json.loads(line) for line in lines][: asked.limit]
    await memory(clips, folder)
    await accuracy(clips, folder, asked.verbose)
    print()
    await throughput(clips, folder)


if __name__ == "__main__":
    asyncio.run(main())
