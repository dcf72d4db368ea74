#!/usr/bin/env python3
"""Prints what happens in a world: its public events and talk, as they come over the bus.

    python3 examples/listener.py [HOST[:PORT]] [WORLD]

Speaks NATS's text protocol itself, so nothing has to be installed. It only listens.
"""

import json
import socket
import sys


def lines_and_payloads(stream):
    """Each command of the broker, with the payload where it has one."""
    while line := stream.readline():
        words = line.decode().rstrip("\r\n").split(" ")
        if words[0] == "MSG":
            payload = stream.read(int(words[-1]))
            stream.readline()
            yield words, payload
        else:
            yield words, b""


def describe(subject, envelope):
    content = envelope["content"]
    data = content["data"]
    if content["kind"] == "chat":
        return f'[{data["channel"]}] {data["sender_name"]}: {data["text"]}'
    if content["kind"] == "event":
        return f'({data["event_type"]}) {json.dumps(data["data"], ensure_ascii=False)}'
    return f"{subject}: {content['kind']}"


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4222"
    world = sys.argv[2] if len(sys.argv) > 2 else "kadath"
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port or 4222))) as broker:
        stream = broker.makefile("rb")
        broker.sendall(b'CONNECT {"verbose":false,"pedantic":false,"name":"listener"}\r\n')
        for number, part in enumerate(["chat", "events", "combat"], start=1):
            broker.sendall(f"SUB {world}.{part}.> {number}\r\n".encode())
        broker.sendall(b"PING\r\n")
        for words, payload in lines_and_payloads(stream):
            if words[0] == "PING":
                broker.sendall(b"PONG\r\n")
            elif words[0] == "PONG":
                print(f"listening to {world} on {address}", flush=True)
            elif words[0] == "-ERR":
                sys.exit(" ".join(words))
            elif words[0] == "MSG":
                envelope = json.loads(payload)
                if envelope.get("version") != 1:
                    print(f"{words[1]}: version {envelope.get('version')} is not known", flush=True)
                    continue
                print(f'{envelope["node"]} {describe(words[1], envelope)}', flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
