"""The least that may answer a provider's notice: aiohttp, the signature, one durable commit.

A process of its own: `python -m benchmarks.bare_notices PORT KEY FOLDER`. It knows no orders and no
wallets. The flush is as durable as the ledger's, and each notice waits for its own.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
import sqlite3
import sys
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

NOTICE: Final = "/notice"
UNSIGNED: Final = frozenset({"sign", "sign_type"})


class BareEar:
    """Proves what comes, writes it down, and says so."""

    def __init__(self, key: RSAPublicKey, path: Path) -> None:
        """Open a file of one table."""
        self._key = key
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.execute(
            "CREATE TABLE notice (id TEXT PRIMARY KEY, out_no TEXT, amount TEXT) STRICT"
        )

    async def hear(self, request: web.Request) -> web.Response:
        """Answer with success once it is on the disk."""
        fields = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if not self._is_signed(fields):
            return web.Response(status=400, text="fail")
        self._file.execute(
            "INSERT OR IGNORE INTO notice VALUES (?, ?, ?)",
            (fields["notify_id"], fields["out_trade_no"], fields["total_amount"]),
        )
        return web.Response(text="success")

    def _is_signed(self, fields: Mapping[str, str]) -> bool:
        names = sorted(name for name, text in fields.items() if text and name not in UNSIGNED)
        text = "&".join(f"{name}={fields[name]}" for name in names)
        try:
            sign = base64.b64decode(fields["sign"], validate=True)
            self._key.verify(sign, text.encode(), PKCS1v15(), SHA256())
        except KeyError, ValueError, InvalidSignature:
            return False
        return True


def main(port: int, key: Path, folder: Path) -> None:
    """Listen until the process is ended."""
    public = load_pem_public_key(key.read_bytes())
    assert isinstance(public, RSAPublicKey)
    app = web.Application()
    app.router.add_post(NOTICE, BareEar(public, folder / "bare.db").hear)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
