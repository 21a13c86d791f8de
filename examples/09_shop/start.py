"""Starts a payment service on this machine, and the shop that uses it, in a folder that is gone afterwards."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

HERE = os.path.dirname(os.path.abspath(__file__))


class Payments(BaseHTTPRequestHandler):
    """Takes money and gives it back. Its first request of all fails, and a key that comes again pays only once."""

    balance = 0.0
    failures = 1
    paid: ClassVar[dict[str, float]] = {}

    def do_POST(self):
        data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service = type(self)
        if service.failures:
            service.failures -= 1
            self.answer(503, {"error": "starting up"})
        elif self.path == "/refunds":
            service.balance -= service.paid[data["payment"]]
            self.answer(200, {"refunded": data["payment"]})
        else:
            payment = self.headers["Idempotency-Key"]
            if payment not in service.paid:
                service.paid[payment] = data["amount"]
                service.balance += data["amount"]
            self.answer(201, {"payment": payment})

    def do_GET(self):
        self.answer(200, {"balance": type(self).balance})

    def answer(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Payments)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    grants = ["--allow-net=127.0.0.1", "--allow-db=shop.db"]
    program = os.path.join(HERE, "main.na")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dana", "run", program, f"payments={address}", *grants]
        return subprocess.call(command, cwd=folder)


if __name__ == "__main__":
    sys.exit(main())
