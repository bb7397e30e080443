"""Serves the shop on a free port and prints which."""

import socket

import uvicorn

listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on {listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config("shop.app:app", log_level="critical")).run(sockets=[listener])
