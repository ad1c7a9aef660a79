"""No test reaches the world outside this machine."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as client, pytest.raises(SocketConnectBlockedError):
        client.connect(("192.0.2.1", 80))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
