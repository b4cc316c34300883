"""The error answers of the platform's API that the stand-in gives (protocol notes §3.8)."""

from __future__ import annotations

TEXTS = {
    -1: "system error",
    40001: "invalid credential",
    40003: "invalid userid",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40011: "invalid video size",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40016: "invalid button size",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40029: "invalid oauth_code",
    40032: "invalid userlist size",
    40033: "invalid request body, escaped characters are not accepted",
    40035: "invalid request parameter",
    40056: "invalid agentid",
    40058: "invalid parameter",
    40146: "invalid range",
    41001: "access_token missing",
    41006: "media_id missing",
    42001: "access_token expired",
    42003: "oauth_code expired",
    42014: "template_card task_id invalid",
    42015: "agent does not match the sender",
    42022: "oauth_code already used",
    42052: "message too old to be recalled",
    43012: "app has no callback url",
    44001: "empty media data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    60011: "no privilege to access/modify contact/party/agent",
    60111: "userid not found",
    60140: "invalid response_code",
    81013: "user & party & tag all invalid",
    82001: "all touser & toparty & totag empty",
    82101: "update target empty",
    82102: "update target not in the receivers",
    301002: "not allow operate another agent with this accesstoken",
    301017: "voice file only supports amr",
    830002: "file too large, use range download",
}


class ApiError(Exception):
    """A call is refused with `code`; `detail` says more than the table's text."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.text = f"{TEXTS.get(code, 'error')}{': ' + detail if detail else ''}"

    def answer(self) -> dict[str, object]:
        return {"errcode": self.code, "errmsg": self.text}
