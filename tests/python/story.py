"""A client in another language, generated from the protos alone, against the built server.

    python tests/python/story.py target/debug/homecoming

Every chapter is a function; a chapter that fails stops the story with what the server said.
"""

import importlib
import pathlib
import signal
import subprocess
import sys
import tempfile

import grpc
import grpc_tools
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def generate(folder):
    """Compiles the protos into the folder and puts it on the path."""
    protos = sorted(str(path) for path in (ROOT / "proto/homecoming/v1").glob("*.proto"))
    google = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{google}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main([*arguments, *protos]) != 0:
        sys.exit("the protos don't compile")
    sys.path.insert(0, folder)


class Service:
    """One slice's messages and its stub."""

    def __init__(self, channel, file, service):
        self.messages = importlib.import_module(f"homecoming.v1.{file}_pb2")
        self.stub = getattr(importlib.import_module(f"homecoming.v1.{file}_pb2_grpc"), f"{service}Stub")(channel)

    def __call__(self, method, **fields):
        request = getattr(self.messages, f"{method}Request")(**fields)
        return getattr(self.stub, method)(request, timeout=30)


def programmes(channel):
    service = Service(channel, "programmes", "ProgrammeService")
    county = {"display_name": "湘雅乡情·专家醴陵行", "division_code": "430281", "zone": "Asia/Shanghai"}
    first = service("CreateProgramme", programme_id="liling", programme=county, request_id="story-1")
    again = service("CreateProgramme", programme_id="liling", programme=county, request_id="story-1")
    assert first == again, "a repeated request id answers the same resource"
    listed = service("ListProgrammes").programmes
    assert [programme.name for programme in listed] == ["programmes/liling"], listed
    try:
        service("GetProgramme", name="programmes/nowhere")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        details = dict(error.trailing_metadata())
        assert b"RESOURCE_NOT_FOUND" in details["grpc-status-details-bin"], details
    else:
        raise AssertionError("a programme that isn't there was found")


CHAPTERS = [programmes]


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        generate(folder)
        arguments = [program, "serve", "--listen", "127.0.0.1:0", "--database", f"{folder}/story.db"]
        server = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            greeting = server.stdout.readline()
            address = greeting.split("http://")[1].split()[0]
            with grpc.insecure_channel(address) as channel:
                for chapter in CHAPTERS:
                    chapter(channel)
                    print("story:", chapter.__name__)
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0, "the server didn't end well"
        finally:
            server.kill()


if __name__ == "__main__":
    main(sys.argv[1])
