"""Settings: read once from the environment (prefix `WAIQIN_`) or a `.env` file; all that is missing is named at once.

Code below the composition root receives values, never this object nor `os.environ`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings of a deployment. Secrets never print."""

    model_config = SettingsConfigDict(env_prefix="WAIQIN_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(default="sqlite:///data/waiqin.db", description="SQLite file or PostgreSQL URL")
    media_url: str = Field(
        default="data/media", description="folder or s3://bucket?endpoint=https://… for photos and recordings"
    )
    host: str = Field(default="0.0.0.0", description="address that the server listens on")  # noqa: S104
    port: int = Field(default=8080, ge=1, le=65535, description="port that the server listens on")
    admin_host: str = Field(default="127.0.0.1", description="address that /healthz and /metrics listen on")
    admin_port: int = Field(default=8081, ge=0, le=65535, description="port of /healthz and /metrics; 0: none")
    public_url: str = Field(default="", description="https address under which people reach this server")
    link_secret: SecretStr = Field(default=SecretStr(""), description="secret that signs page links, 32 characters up")
    playbook: str = Field(default="manufacturing", description="playbook for people and customers without one")
    playbook_dir: Path | None = Field(default=None, description="folder with your own playbooks")
    model_dir: Path | None = Field(default=None, description="folder of the speech model")
    spool_dir: Path = Field(default=Path("data/spool"), description="folder for callbacks while the database is away")
    time_scale: float = Field(default=1.0, ge=1.0, le=600.0, description="divides all waits; for fault tests only")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")

    wecom_corp_id: str = Field(default="", description="企业 ID")
    wecom_agent_id: int = Field(default=0, description="应用 AgentId")
    wecom_secret: SecretStr = Field(default=SecretStr(""), description="应用 Secret")
    wecom_token: SecretStr = Field(default=SecretStr(""), description="接收消息 Token")
    wecom_aes_key: SecretStr = Field(default=SecretStr(""), description="接收消息 EncodingAESKey, 43 characters")
    wecom_api_url: str = Field(default="https://qyapi.weixin.qq.com", description="WeCom's API address")

    proposer_url: str = Field(
        default="", pattern=r"^(https?://.+)?$", description="OpenAI-compatible address of a proposer; empty: none"
    )
    proposer_model: str = Field(default="", description="name of the proposer's model")
    proposer_key: SecretStr = Field(default=SecretStr(""), description="API key of the proposer")

    def missing_for_serving(self) -> list[str]:
        """Return the environment names that `waiqin serve` needs and that are not set."""
        needed: dict[str, object] = {
            "WAIQIN_PUBLIC_URL": self.public_url,
            "WAIQIN_LINK_SECRET": self.link_secret.get_secret_value(),
            "WAIQIN_WECOM_CORP_ID": self.wecom_corp_id,
            "WAIQIN_WECOM_AGENT_ID": self.wecom_agent_id,
            "WAIQIN_WECOM_SECRET": self.wecom_secret.get_secret_value(),
            "WAIQIN_WECOM_TOKEN": self.wecom_token.get_secret_value(),
            "WAIQIN_WECOM_AES_KEY": self.wecom_aes_key.get_secret_value(),
        }
        if self.proposer_url:
            needed["WAIQIN_PROPOSER_MODEL"] = self.proposer_model
        return [name for name, value in needed.items() if not value]
