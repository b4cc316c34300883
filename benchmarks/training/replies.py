"""Trains the model of a message's kind (`nlp.replies.kind_model`): softmax with an L2 penalty.

`python -m benchmarks.training.replies` writes the weights, with `--held-out` measures instead: every writer's lines are
read with weights trained on the others. Trained on the own dialogue lines, and on visit notes, each said in one of the
situations of `tests/nlp/dialogue.py`: a note that is no word on the open draft.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.training.__main__ import ROOT, read, training_files, write
from benchmarks.training.ascent import ascend, sums
from nlp.fields.grams import Floats
from nlp.replies import features, noise
from nlp.replies.kind_model import GROUP, SIGN, KindModel
from nlp.reply import read_with
from nlp.types import Context
from tests.nlp.dialogue import agrees, load_replies, situation

OUT = ROOT / "nlp" / "replies" / "kind_weights.json"
#: Situations that notes are dealt to in turn.
_NOTES_IN = (
    *("none", "open", "stageq", "two", "done", "city", "day", "open"),
    *("vague", "xin", "none", "contactq", "open", "which", "chat"),
)
#: Kinds that do not depend on the situation, the situations that they are trained in too, and what each counts.
_ANYWHERE = frozenset(
    {
        *(
            f"command:{name}"
            for name in ("help", "drafts", "receipts", "customer", "text_mode", "card_mode", "restore")
        ),
        *(f"chatter:{kind}" for kind in ("greeting", "thanks", "question", "complaint")),
    }
)
_OTHER_SITUATIONS = ("none", "open", "done", "day")
_ELSEWHERE_WEIGHT = 0.4
#: What a note counts beside a line of dialogue.
_NOTE_WEIGHT = 0.3
#: Signs pay this share of the penalty of a group of characters.
_SIGN_PAYS = 0.2


@dataclass(frozen=True, slots=True)
class Line:
    """A message in its situation with the share of each kind that it is (two where asking is right)."""

    writer: str
    text: str
    context: Context
    kinds: Mapping[str, float]


def kind_of(expected: Mapping[str, Any]) -> dict[str, float]:
    """Return the kinds of an annotated reading."""
    match expected["kind"]:
        case "command":
            return {f"command:{expected['name']}": 1.0}
        case "chatter":
            return {f"chatter:{expected.get('chatter', 'other')}": 1.0}
        case "note":
            return {"joins" if expected["joins"] else "note": 1.0}
        case "unsure":
            return {"correction": 0.5, "note": 0.5}
        case kind:
            return {kind: 1.0}


def dialogue_lines() -> list[Line]:
    """Return the own dialogue lines; lines without a writer are the first batches, a hundred lines each."""
    rows = load_replies()
    writers = [row.get("writer") or f"batch-{k // 100:02}" for k, row in enumerate(rows)]
    return [
        Line(writer, row["text"], situation(row["context"], row.get("channel", "text")), kind_of(row["expected"]))
        for writer, row in zip(writers, rows, strict=True)
    ]


def elsewhere(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that mean the same in any situation (help, a thank-you, a question) in other situations too."""
    for line in lines:
        if set(line.kinds) <= _ANYWHERE:
            for name in _OTHER_SITUATIONS:
                yield replace(line, context=situation(name), kinds=dict.fromkeys(line.kinds, _ELSEWHERE_WEIGHT))


def note_lines(paths: Iterable[Path]) -> list[Line]:
    """Return visit notes as messages, each in one situation."""
    told = [(path.stem, row["text"]) for path in paths for row in read(path) if any(row["gold"].values())]
    return [
        Line(writer, text, situation(_NOTES_IN[k % len(_NOTES_IN)]), {"note": _NOTE_WEIGHT})
        for k, (writer, text) in enumerate(told)
    ]


def training_lines() -> list[Line]:
    """Return all lines to train on."""
    told = dialogue_lines()
    return [*told, *elsewhere(told), *note_lines(training_files())]


def named_features(line: Line) -> list[str]:
    """Return the features of a line by name, as the weights are named behind their kind."""
    text = noise.quiet(line.text)
    asked = next((draft for draft in line.context.drafts if draft.questions and not draft.confirmed), None)
    found = [GROUP + _unpacked(int(group)) for group in features.groups(text)]
    return found + [SIGN + sign for sign in dict.fromkeys(features.signs(text, line.context, asked))]


def _unpacked(group: int) -> str:
    chars = ((group >> 20 * k) & 0xFFFFF for k in range(3))
    return "".join(chr(char) for char in chars if char)


class Bag:
    """Features of lines, flattened: feature `which[k]` belongs to line `at[k]`."""

    def __init__(self, lines: Sequence[Sequence[str]], least: int) -> None:
        seen = Counter(name for names in lines for name in names)
        self.names = [name for name, count in sorted(seen.items()) if count >= least]
        ids = {name: k for k, name in enumerate(self.names)}
        pairs = [(k, ids[name]) for k, names in enumerate(lines) for name in names if name in ids]
        self.at, self.which = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
        self.size = len(lines)

    def slope(self, flat: Floats, wanted: Floats) -> Floats:
        """Return the gradient of the log likelihood of the `wanted` shares (a row a line); weights by feature, kind."""
        weights = flat.reshape(len(self.names), -1)
        scores = np.stack([sums(self.at, column[self.which], self.size) for column in weights.T], axis=1)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        change = wanted - shares * wanted.sum(axis=1, keepdims=True)
        by_kind = [sums(self.which, column[self.at], len(self.names)) for column in change.T]
        return np.asarray(np.stack(by_kind, axis=1).ravel(), dtype=np.float64)


def fit(
    lines: Sequence[Line],
    passes: int = 60,
    penalty: float = 1.0,
    least: int = 2,
    known: Mapping[int, list[str]] | None = None,
) -> dict[str, float]:
    """Return the weights by name. `penalty` is the L2 strength of groups; `least` the lines a feature must occur in."""
    bag = Bag([known[id(line)] if known else named_features(line) for line in lines], least)
    kinds = sorted({kind for line in lines for kind in line.kinds})
    wanted = np.array([[line.kinds.get(kind, 0.0) for kind in kinds] for line in lines])
    pays = np.array([penalty * (1.0 if name[0] == GROUP else _SIGN_PAYS) for name in bag.names])
    flat = ascend(lambda weights: bag.slope(weights, wanted), np.repeat(pays, len(kinds)), passes)
    return _kept(flat.reshape(len(bag.names), len(kinds)), bag.names, kinds)


def _kept(weights: npt.NDArray[np.float64], names: Sequence[str], kinds: Sequence[str]) -> dict[str, float]:
    places = zip(*np.nonzero(np.abs(weights) >= 0.04), strict=True)
    return {f"{kinds[kind]}{names[k]}": round(float(weights[k, kind]), 2) for k, kind in places}


def held_out(lines: Sequence[Line], writers: Sequence[str] | None = None) -> Iterator[tuple[str, KindModel]]:
    """Yield each writer of dialogue lines with the model trained on all others."""
    known = {id(line): named_features(line) for line in lines}
    for writer in writers or sorted({line.writer for line in lines if not line.writer.startswith("notes")}):
        yield writer, KindModel(fit([line for line in lines if line.writer != writer], known=known))


def measure(lines: Sequence[Line], writers: Sequence[str] | None = None) -> Iterator[str]:
    """Yield how many messages of each writer are read right, by kind, with the writer's lines held out."""
    rows = list(zip(dialogue_lines(), load_replies(), strict=True))
    for writer, model in held_out(lines, writers):
        right, every = Counter[str](), Counter[str]()
        for line, row in rows:
            if line.writer == writer:
                good = agrees(read_with(line.text, line.context, model), row["expected"])
                every[row["expected"]["kind"]] += 1
                right[row["expected"]["kind"]] += good
        by_kind = ", ".join(f"{kind} {right[kind]}/{every[kind]}" for kind in sorted(every))
        yield f"{writer}: {right.total()} of {every.total()}; {by_kind}"


def main() -> None:
    """Train and write the weights, or measure."""
    parser = argparse.ArgumentParser(description="train the model of a message's kind")
    parser.add_argument("--held-out", action="store_true", help="write nothing; measure on writers held out in turn")
    options = parser.parse_args()
    lines = training_lines()
    if options.held_out:
        print(*measure(lines), sep="\n")
        return
    write(fit(lines), OUT)


if __name__ == "__main__":
    main()
