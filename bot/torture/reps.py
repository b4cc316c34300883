"""What a virtual rep does with the phone, act by act. A rep who finds nothing to tap goes on."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image

from bot.sandbox import Item, Phone
from bot.torture.plan import REPS, Act
from bot.torture.platform import Platform

#: How long a rep looks for a card to tap, real seconds.
_LOOK_S = 0.8
_AMR_MAGIC, _FRAME_HEADER, _FRAME_BYTES = b"#!AMR\n", b"\x3c", 31


class Reps:
    """All reps of a story, with their phones."""

    def __init__(self, platform: Platform, words: Path) -> None:
        self._platform = platform
        self._folder = words
        #: every button that a rep has seen: (task id, key)
        self._seen: dict[str, list[tuple[str, str]]] = {who: [] for who in REPS}

    async def do(self, act: Act) -> None:
        """Carry out an act; returns when it has left the phone, not when it is answered."""
        phone = self._platform.standin.phone(act.who)
        doing: Callable[[Phone, Act], Awaitable[None]] = getattr(self, f"_{act.do}")
        await doing(phone, act)
        await asyncio.sleep(0)

    # --- words and media -----------------------------------------------------------------------------------------

    async def _text(self, phone: Phone, act: Act) -> None:
        phone.start_say(act.given["words"])

    _correct = _words = _text

    async def _repeat(self, phone: Phone, act: Act) -> None:
        """The same words twice: two messages."""
        phone.start_say(act.given["words"])
        phone.start_say(act.given["words"])

    async def _many(self, phone: Phone, act: Act) -> None:
        """More than the platform shows a person within a minute, if each were answered at once."""
        for number in range(32):
            phone.start_say(f"好的{number}")

    async def _voice(self, phone: Phone, act: Act) -> None:
        amr = make_amr(act.given["bytes"])
        sha256 = hashlib.sha256(amr).hexdigest()
        self._platform.ledger.hear(sha256, act.given["words"])
        unfinished = self._folder / f"{sha256}.tmp"
        unfinished.write_text(act.given["words"], encoding="utf-8")
        unfinished.replace(self._folder / f"{sha256}.txt")
        phone.start_voice(amr)

    async def _photo(self, phone: Phone, act: Act) -> None:
        phone.start_photo(make_jpeg(act.given["bytes"]))

    async def _photos(self, phone: Phone, act: Act) -> None:
        for number in range(4):
            phone.start_photo(make_jpeg(act.given["bytes"] + number))

    async def _location(self, phone: Phone, act: Act) -> None:
        phone.start_location(act.given["lat"], act.given["lon"], "工业园")

    async def _menu(self, phone: Phone, act: Act) -> None:
        await _begin(phone.menu(act.given["key"]))

    async def _open(self, phone: Phone, act: Act) -> None:
        await _begin(phone.open())

    # --- taps ----------------------------------------------------------------------------------------------------

    async def _tap(self, phone: Phone, act: Act) -> None:
        """Tap the newest card's button of a kind, perhaps several times before anything changes."""
        found = await self._look_for(phone, str(act.given["verb"]))
        if found is not None:
            for _ in range(int(act.given["times"])):
                await _begin(phone.press(*found))

    async def _look(self, phone: Phone, act: Act) -> None:
        """See the newest card, and remember its buttons."""
        await self._look_for(phone, "")

    async def _stranger_taps(self, phone: Phone, act: Act) -> None:
        """Somebody else taps this rep's card, as if it had been forwarded."""
        others = [who for who in REPS if who != act.who]
        found = await self._look_for(phone, "")
        if found is not None:
            other = self._platform.standin.phone(others[int(act.given["other"]) % len(others)])
            await _begin(other.press(*found))

    async def _old_card(self, phone: Phone, act: Act) -> None:
        """Tap the first button this rep ever saw: the card has been replaced or overtaken since."""
        await self._look_for(phone, "")
        if self._seen[act.who]:
            await _begin(phone.press(*self._seen[act.who][0]))

    async def _forged_tap(self, phone: Phone, act: Act) -> None:
        forged = str(uuid.UUID(int=random.Random(act.n).getrandbits(128)))
        await _begin(phone.press(f"v-{forged}-1", f"1|confirm|{forged}|1||"))

    async def _look_for(self, phone: Phone, verb: str) -> tuple[str, str] | None:
        """Return the newest card's button with this verb: (task id, key). Looks for a while."""
        for _ in range(8):
            for item in reversed(phone.cards()):
                for task_id, key in _buttons(item):
                    if (task_id, key) not in self._seen[phone.userid]:
                        self._seen[phone.userid].append((task_id, key))
                    if _means(key, verb):
                        return task_id, key
            await asyncio.sleep(_LOOK_S / 8)
        return None


async def _begin(act: Awaitable[object]) -> None:
    """Let an act leave the phone without waiting for what becomes of it."""
    asyncio.ensure_future(act)  # noqa: RUF006 - the stand-in holds its delivery
    await asyncio.sleep(0)


def _buttons(item: Item) -> list[tuple[str, str]]:
    assert item.card is not None
    keys = [str(b.get("key", "")) for b in item.card.body.get("button_list") or []]
    return [(item.card.task_id, key) for key in keys if key.count("|") == 5]


def _means(key: str, verb: str) -> bool:
    said = key.split("|")[1]
    return not verb or said == verb or (verb == "confirm" and said == "set")


def make_amr(seed: int) -> bytes:
    """Return a second of well-formed AMR-NB noise: every seed is another recording."""
    noise = random.Random(seed)
    return _AMR_MAGIC + b"".join(_FRAME_HEADER + noise.randbytes(_FRAME_BYTES) for _ in range(50))


def make_jpeg(seed: int) -> bytes:
    """Return a small picture of noise: every seed is another one."""
    picture, file = Image.frombytes("RGB", (24, 24), random.Random(seed).randbytes(24 * 24 * 3)), io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()
