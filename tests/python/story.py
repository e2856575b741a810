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


PARENT = "programmes/liling"


def date(year, month, day):
    return {"year": year, "month": month, "day": day}


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


def places(channel):
    hospitals = Service(channel, "hospitals", "HospitalService")
    xiangya = {"display_name": "湘雅医院", "level": "HOSPITAL_LEVEL_PROVINCIAL_KEY", "city": "430100"}
    hospitals("CreateHospital", parent=PARENT, hospital_id="xiangya", hospital=xiangya)
    own = {"display_name": "醴陵市中医院", "level": "HOSPITAL_LEVEL_COUNTY", "city": "430281"}
    hospitals("CreateHospital", parent=PARENT, hospital_id="own", hospital=own)
    sites = Service(channel, "sites", "SiteService")
    room = {"id": "clinic-1", "display_name": "专家门诊一", "kinds": ["ROOM_KIND_CLINIC"]}
    county = {
        "display_name": "醴陵市中医院",
        "hospital": f"{PARENT}/hospitals/own",
        "level": "SITE_LEVEL_COUNTY_HOSPITAL",
        "division_code": "430281",
        "zone": "Asia/Shanghai",
        "licensed_specialties": ["03", "04"],
        "rooms": [room],
        "external_ids": [{"system": "his.liling", "value": "D-001"}],
    }
    made = sites("CreateSite", parent=PARENT, site_id="county", site=county)
    assert sites("GetSite", name=made.name) == made


def people(channel):
    experts = Service(channel, "experts", "ExpertService")
    expert = {
        "display_name": "专家 001",
        "title": "EXPERT_TITLE_CHIEF",
        "specialties": ["03.04"],
        "affiliations": [{"hospital": f"{PARENT}/hospitals/xiangya", "from_date": date(2010, 9, 1), "main": True}],
        "roster_entry_date": date(2017, 3, 1),
    }
    experts("CreateExpert", parent=PARENT, expert_id="e001", expert=expert)
    assistants = Service(channel, "assistants", "AssistantService")
    assistant = {"display_name": "助手 001", "site": f"{PARENT}/sites/county", "specialties": ["03.04"]}
    assistants("CreateAssistant", parent=PARENT, assistant_id="a001", assistant=assistant)
    pairing = {
        "expert": f"{PARENT}/experts/e001",
        "assistant": f"{PARENT}/assistants/a001",
        "site": f"{PARENT}/sites/county",
        "role": "PAIRING_ROLE_PRIMARY",
        "from_date": date(2024, 1, 1),
    }
    Service(channel, "assistants", "PairingService")("CreatePairing", parent=PARENT, pairing_id="p001", pairing=pairing)
    search = Service(channel, "assistants", "ExpertSearchService")
    found = search("SearchExperts", parent=PARENT, day=date(2024, 4, 1), specialty="03").matches
    assert [match.expert.name for match in found] == [f"{PARENT}/experts/e001"], found


CHAPTERS = [programmes, places, people]


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
