"""Photos and recordings, of this visit only."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from handlers.capture_media import keep, store_media
from handlers.ports import Fetched
from nlp.speech.encode import encode_amr
from storage import tables as t
from tests.bot.page.browsing import Client, text
from tests.bot.page.company import NOW, Company


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "JPEG")
    return out.getvalue()


async def add_photo(company: Company, name: str, visit_id: str, data: bytes) -> t.Media:
    kept = await store_media(Fetched(data), "photo", company.media)
    async with company.store.begin() as uow:
        await keep(uow, kept, NOW)
        await uow.commit()
        media = await uow.need(t.Media, kept.sha256)
    await company.add(
        t.Capture(
            id=name,
            source_id=f"wecom:{name}",
            kind="photo",
            person_id="zhangwei",
            channel="wecom",
            captured_at=NOW,
            received_at=NOW,
            media_sha256=kept.sha256,
            visit_id=visit_id,
            state="read",
        )
    )
    return media


async def test_photos_of_this_visit_are_shown_and_no_others(client: Client, company: Company) -> None:
    mine, other = (
        await add_photo(company, "p1", "v1", photo("teal")),
        await add_photo(company, "p2", "v2", photo("red")),
    )
    assert f"/media/{mine.thumbnail_sha256}" in await text(client, company.link())
    for digest in (mine.thumbnail_sha256, mine.sha256):
        answer = await client.get(f"{company.link()}/media/{digest}")
        assert answer.content_type == "image/jpeg" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].startswith("private")
        assert Image.open(io.BytesIO(await answer.read())).format == "JPEG"
    for digest in (other.sha256, "0" * 64, "..%2f..%2fetc"):
        assert (await client.get(f"{company.link()}/media/{digest}")).status == 404
    assert (await client.get(f"{company.link('liuyang')}/media/{mine.sha256}")).status == 403


async def test_recording_is_played_as_wav_in_parts(client: Client, company: Company) -> None:
    tone = np.sin(np.arange(16_000) / 10).astype(np.float32) / 4
    digest = await company.media.put(encode_amr(tone))
    await company.add(t.Media(sha256=digest, size_bytes=1, content_type="audio/amr", stored_at=NOW))
    await company.change(t.Capture, "c1", kind="voice", media_sha256=digest)
    assert f'<audio controls preload="none" src="./{company.link()[3:]}/media/' in await text(client, company.link())
    whole = await (await client.get(f"{company.link()}/media/{digest}")).read()
    assert whole.startswith(b"RIFF")
    part = await client.get(f"{company.link()}/media/{digest}", headers={"Range": "bytes=4-7"})
    assert part.status == 206 and await part.read() == whole[4:8]
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(whole)}"


async def test_file_is_a_download_and_never_opened_in_the_page(client: Client, company: Company) -> None:
    digest = await company.media.put(b"<script>alert(1)</script>")
    facts = {"name": "报价单.html"}
    await company.add(t.Media(sha256=digest, size_bytes=1, content_type="text/html", facts=facts, stored_at=NOW))
    await company.change(t.Capture, "c1", kind="file", media_sha256=digest)
    assert "报价单.html" in await text(client, company.link())
    answer = await client.get(f"{company.link()}/media/{digest}")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
