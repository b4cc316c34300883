"""Loads the trained weights that ship beside this file, once per process."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

from nlp.fields.spans import SpanModel
from nlp.fields.stage import StageModel
from nlp.fields.tags import TagModel


@lru_cache(maxsize=1)
def obstacle_model() -> SpanModel:
    """Return the span model of obstacles."""
    return SpanModel(_weights("obstacle_weights.json"))


@lru_cache(maxsize=1)
def stage_model() -> StageModel:
    """Return the stage model."""
    return StageModel(_weights("stage_weights.json"))


@lru_cache(maxsize=1)
def tag_model() -> TagModel:
    """Return the tag model."""
    return TagModel(_weights("tag_weights.json"))


def _weights(name: str) -> dict[str, float]:
    text = resources.files("nlp.fields").joinpath(name).read_text("utf-8")
    return {str(key): float(value) for key, value in json.loads(text).items()}
