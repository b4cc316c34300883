"""Setting up honours the pip configuration of whoever runs it."""

from __future__ import annotations

import os
from pathlib import Path

from tools.install_packages import read_pip_settings, uv_settings


def test_pip_settings_come_from_file_and_variables_and_the_variables_win(tmp_path: Path) -> None:
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://mirror.example/simple\ncert = /file.pem\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"PIP_CONFIG_FILE": str(configuration), "PIP_CERT": "/variable.pem"}
    settings = read_pip_settings(environment)
    assert settings["index-url"] == "https://mirror.example/simple"
    assert settings["cert"] == "/variable.pem"


def test_uv_gets_the_same_indexes_certificate_and_folders() -> None:
    pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://a.example/simple\nhttps://b.example/simple",
        "find-links": "/wheels /more",
        "cert": "/ca.pem",
        "timeout": "60",
    }
    assert uv_settings(pip, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/ca.pem",
    }


def test_what_is_set_for_uv_itself_stays() -> None:
    mine = {"UV_DEFAULT_INDEX": "https://mine.example/simple"}
    assert uv_settings({"index-url": "https://mirror.example/simple"}, mine) == {}


def test_without_pip_settings_uv_keeps_its_defaults() -> None:
    assert uv_settings({}, {}) == {}
