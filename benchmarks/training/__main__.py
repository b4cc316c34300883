"""`python -m benchmarks.training`: trains the field models on the corpus and writes their weights into `nlp/fields`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.training import calibrate, heldout, obstacle, stage, tags
from handlers.playbooks import load as load_playbook

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
#: Own writers whose notes are never trained on, so that they can judge (tests/corpus/own/README.md).
KEPT_ASIDE = ("aside-",)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def training_files() -> list[Path]:
    """Return the notes to train on: the dev notes and the own writers that are not kept aside."""
    own = sorted((CORPUS / "own").glob("notes-*.jsonl"))
    return [CORPUS / "notes-dev.jsonl", *(path for path in own if not any(mark in path.name for mark in KEPT_ASIDE))]


def write(weights: Mapping[str, Any], path: Path) -> None:
    """Write weights as JSON, sorted, one a line."""
    path.write_text(json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")


def main() -> None:
    """Train on the named files, by default `training_files()`."""
    parser = argparse.ArgumentParser(description="train the field models")
    parser.add_argument("notes", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "nlp" / "fields", help="folder of the weight files")
    parser.add_argument("--held-out", action="store_true", help="train nothing; measure on writers held out in turn")
    options = parser.parse_args()
    rows = [row for path in options.notes or training_files() for row in read(path)]
    playbooks = {name: load_playbook(name).for_nlp() for name in ("manufacturing", "fmcg")}
    writers = {path.stem: read(path) for path in options.notes or training_files()}
    if options.held_out:
        print(*heldout.measure(writers, playbooks), sep="\n")
        return
    write(obstacle.fit(rows), options.out / "obstacle_weights.json")
    write(stage.fit(rows, playbooks), options.out / "stage_weights.json")
    write(tags.fit(rows, playbooks), options.out / "tag_weights.json")
    write(calibrate.fit(writers, playbooks), options.out / "calibration.json")


if __name__ == "__main__":
    main()
