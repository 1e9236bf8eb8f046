"""Cameras that post their reads over HTTP: Plate Recognizer Stream, Rekor Scout, a gate camera."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
from typing import Final

from aiohttp import ClientSession, FormData

PICTURE: Final = b"\xff\xd8\xff\xe0" + bytes(range(256)) + b"\r\n--\r\n\xff\xd9"
"""What begins and ends like a JPEG, with everything in it that could confuse a form."""


class PostingCamera:
    """Posts to one address and remembers how it was answered."""

    def __init__(self, session: ClientSession, url: str, *, camera: str = "camera-1") -> None:
        """Name the camera; the session is the caller's to close."""
        self._session = session
        self._url = url
        self.camera = camera
        self.answers: list[tuple[int, str]] = []

    async def recognize(self, plate: str, *, score: float = 0.95, late_s: float = 0.0) -> int:
        """Post one read as Plate Recognizer Stream does, with its picture; returns the status."""
        now = datetime.fromtimestamp(datetime.now(UTC).timestamp() - late_s, UTC)
        content = {
            "hook": {"target": self._url, "id": self.camera, "event": "recognition"},
            "data": {
                "camera_id": self.camera,
                "filename": f"{self.camera}_screenshots/a.jpg",
                "timestamp": now.isoformat().replace("+00:00", "Z"),
                "results": [
                    {
                        "plate": plate.lower(),
                        "score": score,
                        "candidates": [{"plate": plate.lower(), "score": score}],
                        "region": {"code": "de", "score": 0.9},
                        "vehicle": {"type": "Sedan", "score": 0.9},
                        "color": [{"color": "yellow", "score": 0.7}],
                    }
                ],
            },
        }
        form = FormData()
        form.add_field("upload", PICTURE, filename="a.jpg", content_type="image/jpeg")
        form.add_field("json", json.dumps(content))
        return await self.post(form)

    async def post_json(self, content: Mapping[str, object]) -> int:
        """Post JSON alone; returns the status."""
        return await self.post(json.dumps(content).encode(), "application/json")

    async def post(self, body: FormData | bytes, content_type: str = "") -> int:
        """Post anything; returns the status."""
        headers = {"Content-Type": content_type} if content_type else None
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            self.answers.append((answer.status, await answer.text()))
            return answer.status


def alpr_results(plate: str, *, camera: int = 1, confidence: float = 95.0) -> dict[str, object]:
    """The results of one frame as OpenALPR's agent writes them."""
    now = datetime.now(UTC).timestamp()
    return {
        "version": 2,
        "data_type": "alpr_results",
        "epoch_time": int(now * 1000),
        "uuid": f"AGENT-{camera}-{int(now * 1000)}",
        "camera_id": camera,
        "results": [
            {
                "plate": plate,
                "confidence": confidence,
                "region": "eu",
                "candidates": [{"plate": plate, "confidence": confidence}],
            }
        ],
    }


def gate_camera(plate: str, *, clock: str, colour: str = "蓝色") -> dict[str, object]:
    """A push as cameras made for gates send it; `clock` is what hangs on their wall."""
    return {
        "AlarmInfoPlate": {
            "deviceName": "入口",
            "result": {
                "PlateResult": {
                    "license": plate,
                    "confidence": 97,
                    "plateColor": colour,
                    "carType": "小型车",
                    "plateid": 4711,
                    "recotime": clock,
                    "imagePath": "20261122/4711.jpg",
                }
            },
        }
    }
