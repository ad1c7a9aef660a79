"""Read a call's parameters, which arrive as form fields with JSON inside."""

from __future__ import annotations

import json
from typing import Any

from bot.bench.fake_telegram.world import ApiError, Json


def file_of(params: Json, name: str) -> Json:
    if name not in params:
        raise ApiError(400, f"Bad Request: there is no {name} in the request")
    return file_stub(f"file-{name}")


def file_stub(file_id: str) -> Json:
    return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": 1}


def int_of(params: Json, name: str, default: int) -> int:
    try:
        return int(params.get(name, default))
    except (TypeError, ValueError):
        raise ApiError(400, f"Bad Request: {name} must be a number") from None


def flag_of(params: Json, name: str) -> bool:
    return str(params.get(name, "")).lower() in ("true", "1")


def json_of(params: Json, name: str) -> Any:
    value = params.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError(400, f"Bad Request: can't parse {name} JSON object") from None
