"""The recorded ciphertexts: each opens as published, each damaged one is refused for its reason."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wecom.crypto import Crypto, decode_aes_key, open_bytes, read_encrypt, sign_page_url
from bot.wecom.errors import Rejected
from bot.wecom.safexml import read_xml
from tests.bot.wecom.fakes import AES_KEY, CORP_ID, TOKEN, VECTORS, make_crypto


def by_name(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


@by_name(VECTORS["url_verification"])
def test_url_verification_answers_the_bare_plaintext(vector: dict[str, Any]) -> None:
    assert make_crypto().verify_url(vector["query"]) == vector["expected_response_body"]


@by_name(VECTORS["url_verification_negative"])
def test_damaged_url_verification_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(Rejected) as refusal:
        make_crypto().verify_url(vector["query"])
    assert vector["expected"] == f"reject: {refusal.value.reason}"


@by_name(VECTORS["inbound_messages"])
def test_delivery_opens_to_its_plaintext(vector: dict[str, Any]) -> None:
    assert make_crypto().decrypt(vector["query"], vector["body"].encode()).decode() == vector["expected_plaintext"]


#: The vectors name several acceptable reasons or a policy; this is what we do.
REFUSED_FOR = {
    "wrong_signature": "signature_invalid",
    "altered_timestamp": "signature_invalid",
    "uppercase_signature": "signature_invalid",
    "wrong_corpid": "receiveid_mismatch",
    "truncated_ciphertext_unaligned": "decrypt_failed",
    "truncated_ciphertext_aligned": "padding_invalid",
    "truncated_base64": "base64_invalid",
    "truncated_ciphertext_original_signature": "signature_invalid",
    "padding_zero": "padding_invalid",
    "padding_inconsistent": "padding_invalid",
    "msg_len_too_large": "length_invalid",
    "wrong_aes_key": "padding_invalid",
    "empty_encrypt": "body_malformed",
}


@by_name(VECTORS["negative_cases"])
def test_damaged_delivery_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    config = vector["receiver_config"]
    crypto = Crypto(config["token"], config["encoding_aes_key"], config["corpid"])
    with pytest.raises(Rejected) as refusal:
        crypto.decrypt(vector["query"], vector["body"].encode())
    assert refusal.value.reason == REFUSED_FOR[vector["name"]]


@by_name(VECTORS["official_vectors"])
def test_official_vector_opens(vector: dict[str, Any]) -> None:
    crypto = Crypto(vector["token"], vector["encoding_aes_key"], vector["receiveid"])
    if "echostr" in vector["query"]:
        assert crypto.verify_url(vector["query"]) == vector["expected_plaintext"]
    else:
        assert crypto.decrypt(vector["query"], vector["body"].encode()).decode() == vector["expected_plaintext"]


@by_name(VECTORS["ai_bot"]["inbound"])
def test_ai_bot_delivery_opens_with_an_empty_receiveid(vector: dict[str, Any]) -> None:
    keys = VECTORS["ai_bot"]["credentials"]
    crypto = Crypto(keys["token"], keys["encoding_aes_key"], keys["receiveid"])
    assert json.loads(crypto.decrypt(vector["query"], vector["body"].encode())) == vector["expected_json"]


@by_name(VECTORS["ai_bot"]["media"])
def test_ai_bot_medium_opens(vector: dict[str, Any]) -> None:
    key = base64.b64decode(vector["aes_key_base64"])
    opened = open_bytes(key, base64.b64decode(vector["ciphertext_base64"]))
    assert opened == base64.b64decode(vector["expected_plaintext_base64"])


@by_name(VECTORS["passive_replies"])
def test_passive_reply_is_sealed_as_published(vector: dict[str, Any]) -> None:
    crypto = Crypto(TOKEN, AES_KEY, CORP_ID, entropy=lambda: vector["random16"])
    reply = crypto.encrypt_reply(vector["plaintext"].encode(), timestamp=vector["timestamp"], nonce=vector["nonce"])
    fields = {element.tag: element.text for element in read_xml(reply)}
    assert fields == {
        "Encrypt": vector["expected_encrypt"],
        "MsgSignature": vector["expected_msg_signature"],
        "TimeStamp": vector["timestamp"],
        "Nonce": vector["nonce"],
    }


@by_name(VECTORS["jsapi_signature"])
def test_page_signature_leaves_the_fragment_out(vector: dict[str, Any]) -> None:
    url = vector.get("page_url") or vector["url"]
    signature = sign_page_url(vector["ticket"], vector["noncestr"], vector["timestamp"], url)
    assert signature == vector["expected_signature"]


@pytest.mark.parametrize("length", range(64))
def test_every_padding_length_comes_back(length: int) -> None:
    crypto = make_crypto()
    sealed = crypto.encrypt(b"x" * length, timestamp="1", nonce="2")
    query = {"msg_signature": sealed.signature, "timestamp": "1", "nonce": "2"}
    assert crypto.decrypt(query, f"<xml><Encrypt>{sealed.encrypt}</Encrypt></xml>".encode()) == b"x" * length


def test_sealing_twice_never_gives_the_same_text() -> None:
    crypto = make_crypto()
    first, second = (crypto.encrypt(b"same", timestamp="1", nonce="2").encrypt for _ in range(2))
    assert first != second


@settings(deadline=None)
@given(st.binary(max_size=160) | st.binary(min_size=64, max_size=64), st.booleans())
def test_signed_garbage_is_refused_and_nothing_else_happens(data: bytes, whole: bool) -> None:
    crypto = make_crypto()
    encrypt = base64.b64encode(data).decode()[: None if whole else -1]
    query = {"msg_signature": crypto.sign("1", "2", encrypt), "timestamp": "1", "nonce": "2"}
    with pytest.raises(Rejected):
        crypto.decrypt(query, f"<xml><Encrypt>{encrypt}</Encrypt></xml>".encode())


@given(st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=20)))
@settings(deadline=None)
def test_any_unsigned_query_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        make_crypto().verify_url(query)


@pytest.mark.parametrize("key", ["", "short", AES_KEY + "A", AES_KEY[:-1], AES_KEY[:-1] + "企"])
def test_wrong_aes_key_is_named_at_construction(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey") as error:
        decode_aes_key(key)
    assert not key or key not in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml></xml>",
        b"{}",
        b"[1]",
        b'{"encrypt": 5}',
        b"{" * 5000,
        b"<a>" * 50_000,
        b"\xff\xfe<xml/>",
    ],
)
def test_malformed_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        read_encrypt(body)
    assert refusal.value.reason in ("body_malformed", "xml_malformed", "text_decoding")


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>a</Encrypt></xml>',
        "<!DOCTYPE x><xml><Encrypt>a</Encrypt></xml>",
    ],
)
def test_dtd_and_entities_are_refused(body: str) -> None:
    with pytest.raises(Rejected, match="xml_forbidden"):
        read_encrypt(body.encode())


def test_nothing_secret_is_printed() -> None:
    shown = repr(make_crypto()) + str(make_crypto())
    assert not re.search(f"{TOKEN}|{AES_KEY}|{CORP_ID}", shown)
