"""Settings of one process: ``CITYBRAIN_*`` or ``citybrain.toml``; facts of a city never stand here."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def _default_home() -> Path:
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/citybrain")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "citybrain"


class Settings(BaseSettings):
    """Everything a process must be told from outside; read once, passed on, never changed."""

    model_config = SettingsConfigDict(
        env_prefix="CITYBRAIN_", toml_file="citybrain.toml", frozen=True, extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(default_factory=_default_home, description="Folder for everything this instance stores.")
    database_url: str | None = Field(
        default=None, description="PostgreSQL 15 or later; without it an embedded server is started in the home folder."
    )
    host: str = Field(default="127.0.0.1", description="Address the web process listens on.")
    port: int = Field(default=8600, ge=1, le=65535, description="Port the web process listens on.")
    public_url: str | None = Field(default=None, description="Address people use, when a proxy stands in front.")
    demo: bool = Field(default=False, description="Offer demo log-ins; only ever on a loopback address.")
    data_dir: Path | None = Field(default=None, description="Folder with real data files that the demo replays.")
    city_dir: Path | None = Field(default=None, description="City folder whose own files are delivered, where at hand.")
    replay_speed: float = Field(default=1.0, gt=0, description="City seconds that pass in one second of a replay.")
    language: Literal["zh", "en"] = Field(default="zh", description="Language where a reader has not chosen one.")
    log_format: Literal["json", "text"] = Field(default="json", description="Form of the log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    pool_size: int = Field(default=8, ge=2, le=100, description="Database connections of one process.")
    inline_bytes: int = Field(
        default=1_048_576,
        ge=0,
        description="Batch payloads up to this many bytes stand in the log row, larger in a file.",
    )
    body_bytes: int = Field(default=268_435_456, ge=1024, description="Largest HTTP body admitted, in bytes.")
    line_bytes: int = Field(default=16_777_216, ge=1024, description="Largest single line admitted, in bytes.")
    batch_rows: int = Field(default=100_000, ge=1, description="Most rows in one batch of a delivery.")
    backup_keys: Path | None = Field(
        default=None,
        description="Folder of the keys of backups and of the list of destructions, never inside of a backup; without "
        "it a folder in the home.",
    )
    key_file: Path | None = Field(
        default=None,
        description="File with 64 hexadecimal digits that wraps the keys of tokens; without it they lie open in the "
        "database.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the caller's values win over the environment, and the environment over the file."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            TomlConfigSettingsSource(settings_cls),
            file_secret_settings,
        )
