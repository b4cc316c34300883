"""WeCom's callback encryption: signature, AES envelope, URL verification and encrypted replies.

Sources: developer.work.weixin.qq.com/document/path/90968 and 90930. wechatpy gives the signature's digest, the cipher
and the sealing; three guards are ours, for wechatpy compares signatures with `!=`, trusts the padding byte and lets
five kinds of built-in exceptions out on malformed ciphertext. Order: signature, base64, AES, padding, length,
receiveid. Every failure is one `Rejected` with a stable reason.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wechatpy.enterprise.crypto import PrpCrypto
from wechatpy.utils import WeChatSigner

from bot.wecom.errors import Rejected
from bot.wecom.safexml import child_text, decode_utf8, read_xml

_BLOCK = 32
_RANDOM = 16
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted message with what signs it: the four values of an envelope."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


def _draw() -> str:
    return secrets.token_hex(_RANDOM // 2)


class _Sealer(PrpCrypto):  # type: ignore[misc]
    """wechatpy's sealing with leading bytes from `entropy` (wechatpy itself draws them from `random`)."""

    def __init__(self, key: bytes, entropy: Callable[[], str]) -> None:
        super().__init__(key)
        self._entropy = entropy

    def get_random_string(self) -> str:
        return self._entropy()


class Crypto:
    """Opens and seals the callbacks of one receiver.

    `receive_id` is the corpid of a self-built app and empty for an AI bot. Raises `ValueError` at construction if the
    EncodingAESKey is not 43 characters for 32 bytes. `entropy` gives the 16 leading characters of what is sealed.
    Never prints its secrets.
    """

    def __init__(
        self, token: str, encoding_aes_key: str, receive_id: str, *, entropy: Callable[[], str] = _draw
    ) -> None:
        self._token = token
        self._key = decode_aes_key(encoding_aes_key)
        self._receive_id = receive_id
        self._sealer = _Sealer(self._key, entropy)

    def __repr__(self) -> str:
        return "Crypto(***)"

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """Return the lower-case hex signature over the four values."""
        signer = WeChatSigner()
        signer.add_data(self._token, timestamp, nonce, encrypt)
        return str(signer.signature)

    def verify_url(self, query: Mapping[str, str]) -> str:
        """Return the plaintext to answer a URL verification with (bare, no newline). Raises `Rejected`."""
        echo = query.get("echostr", "")
        return decode_utf8(self._open(query, echo))

    def decrypt(self, query: Mapping[str, str], body: bytes) -> bytes:
        """Return the message inside a delivery's body (XML, or the JSON form of AI bots). Raises `Rejected`."""
        return self._open(query, read_encrypt(body))

    def encrypt(self, message: bytes, *, timestamp: str, nonce: str) -> Sealed:
        """Seal a message and sign it, as the platform does for a delivery."""
        encrypt = self._sealer.encrypt(message, self._receive_id).decode("ascii")
        return Sealed(encrypt, self.sign(timestamp, nonce, encrypt), timestamp, nonce)

    def encrypt_reply(self, message: bytes, *, timestamp: str, nonce: str) -> str:
        """Return the XML of a passive reply (document 90968, "被动响应消息")."""
        sealed = self.encrypt(message, timestamp=timestamp, nonce=nonce)
        return (
            f"<xml><Encrypt><![CDATA[{sealed.encrypt}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{sealed.signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )

    def _open(self, query: Mapping[str, str], encrypt: str) -> bytes:
        if not encrypt:
            raise Rejected("body_malformed")
        self._check_signature(query, encrypt)
        plain = open_bytes(self._key, decode_base64(encrypt))
        message, receive_id = split_plaintext(plain)
        if not hmac.compare_digest(receive_id, self._receive_id.encode()):
            raise Rejected("receiveid_mismatch")
        return message

    def _check_signature(self, query: Mapping[str, str], encrypt: str) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        try:
            expected = self.sign(timestamp, nonce, encrypt).encode("ascii")
            given = query.get("msg_signature", "").encode()
        except UnicodeEncodeError:
            raise Rejected("signature_invalid") from None
        if not hmac.compare_digest(expected, given):
            raise Rejected("signature_invalid")


def read_encrypt(body: bytes) -> str:
    """Return the `Encrypt` value of an envelope, XML or JSON (keys in lower case). Raises `Rejected`."""
    if body.lstrip()[:1] == b"{":
        try:
            value = json.loads(body).get("encrypt")
        except (ValueError, RecursionError):
            raise Rejected("body_malformed") from None
        encrypt = value if isinstance(value, str) else ""
    else:
        encrypt = child_text(read_xml(body), "Encrypt").strip()
    if not encrypt:
        raise Rejected("body_malformed")
    return encrypt


def decode_aes_key(encoding_aes_key: str) -> bytes:
    """Decode the 43 characters leniently: the last one often carries surplus bits, as in Tencent's own sample key."""
    try:
        key = base64.b64decode(encoding_aes_key + "=")
    except (binascii.Error, ValueError):
        raise ValueError("EncodingAESKey is not base64") from None
    if len(encoding_aes_key) != 43 or len(key) != 32:
        raise ValueError("EncodingAESKey must be 43 characters")
    return key


def decode_base64(text: str) -> bytes:
    """Decode strictly: a foreign character or a cut quantum is `Rejected("base64_invalid")`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("base64_invalid") from None


def open_bytes(key: bytes, data: bytes) -> bytes:
    """Decrypt AES-256-CBC (IV = first half of the key) and take off PKCS#7 padding of 1…32 bytes.

    Also what an AI bot's media are sealed with. Raises `Rejected`: `decrypt_failed`, `padding_invalid` (strict: every
    padding byte is checked, which the reference libraries do not do).
    """
    if not data or len(data) % 16:
        raise Rejected("decrypt_failed")
    plain: bytes = PrpCrypto(key).cipher.decrypt(data)
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or pad > len(plain) or plain[-pad:] != bytes([pad]) * pad:
        raise Rejected("padding_invalid")
    return plain[:-pad]


def split_plaintext(plain: bytes) -> tuple[bytes, bytes]:
    """Split `random(16) length(4) message receiveid`. Raises `Rejected("length_invalid")` if the length is beyond."""
    head = _RANDOM + _LENGTH
    if len(plain) < head:
        raise Rejected("length_invalid")
    length = int.from_bytes(plain[_RANDOM:head], "big")
    if length > len(plain) - head:
        raise Rejected("length_invalid")
    return plain[head : head + length], plain[head + length :]


def sign_page_url(ticket: str, nonce: str, timestamp: str, url: str) -> str:
    """Return the JS-SDK signature for a page (document 96909): its URL as is, without `#` and what follows."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
