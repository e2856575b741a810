"""A county's first weeks through a client in another language, generated from the protos alone, against the built server:
from an empty database to a bulletin, on both engines.

    python tests/python/story.py target/debug/homecoming

Every chapter is a function; a chapter that fails stops the story with what the server said. tests/it/story.rs tells the
same in Rust.
"""

import html.parser
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import grpc
import grpc_tools
import icalendar
import servers
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Shanghai")
COUNTY = "programmes/liling"
FIGURES = {"sittings": 3, "consultations": 22, "operation_cases": 1, "declared_savings_fen": 883_000}


def generate(folder):
    """Compiles the protos into the folder and puts it on the path."""
    protos = sorted(str(path) for path in (ROOT / "proto/homecoming/v1").glob("*.proto"))
    google = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    arguments = ["protoc", f"-I{ROOT / 'proto'}", f"-I{google}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main([*arguments, *protos]) != 0:
        sys.exit("the protos don't compile")
    sys.path.insert(0, folder)


class Service:
    """A service's stub, and the messages that its calls take, whichever file they stand in."""

    def __init__(self, channel, file, service):
        self.messages = importlib.import_module(f"homecoming.v1.{file}_pb2")
        self.calls = self.messages.DESCRIPTOR.services_by_name[service].methods_by_name
        self.stub = getattr(importlib.import_module(f"homecoming.v1.{file}_pb2_grpc"), f"{service}Stub")(channel)

    def __call__(self, method, **fields):
        request = GetMessageClass(self.calls[method].input_type)(**fields)
        return getattr(self.stub, method)(request, timeout=30)

    def refuses(self, reason, method, **fields):
        """Asserts that a call is refused with a reason of ErrorReason."""
        try:
            self(method, **fields)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata())["grpc-status-details-bin"]
            assert reason.encode() in details, (reason, details)
        else:
            raise AssertionError(f"{method} wasn't refused: {reason}")


def at(days, hour, minute=0):
    """A time so many days from today, on the county's clock."""
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=days, hours=hour, minutes=minute)


def instant(local):
    """A time as the API has it."""
    return {"seconds": int(local.timestamp())}


def day(days):
    """A civil day as the API has it."""
    local = at(days, 0)
    return {"year": local.year, "month": local.month, "day": local.day}


def name(collection, identifier):
    return f"{COUNTY}/{collection}/{identifier}"


def programmes(channel):
    service = Service(channel, "programmes", "ProgrammeService")
    assert not service("ListProgrammes").programmes, "the story begins on an empty database"
    county = {"display_name": "专家醴陵行", "division_code": "430281", "zone": ZONE.key}
    first = service("CreateProgramme", programme_id="liling", programme=county, request_id="story-1")
    again = service("CreateProgramme", programme_id="liling", programme=county, request_id="story-1")
    assert first == again, "a repeated request id answers the same resource"
    listed = service("ListProgrammes").programmes
    assert [programme.name for programme in listed] == [COUNTY], listed
    service.refuses("RESOURCE_NOT_FOUND", "GetProgramme", name="programmes/nowhere")


def places(channel):
    hospital = {"display_name": "省级重点医院 01", "level": "HOSPITAL_LEVEL_PROVINCIAL_KEY", "city": "长沙市"}
    hospitals = Service(channel, "hospitals", "HospitalService")
    hospitals("CreateHospital", parent=COUNTY, hospital_id="provincial-01", hospital=hospital)
    sites = Service(channel, "sites", "SiteService")
    rooms = [
        {"id": "clinic-1", "display_name": "诊室 1", "kinds": ["ROOM_KIND_CLINIC"]},
        {"id": "theatre-1", "display_name": "手术室 1", "kinds": ["ROOM_KIND_OPERATING"]},
    ]
    for site, level, division, own in (
        ("county", "SITE_LEVEL_COUNTY_HOSPITAL", "430281", rooms),
        ("baitutan", "SITE_LEVEL_TOWNSHIP_HEALTH_CENTRE", "430281102", rooms[:1]),
    ):
        fields = {"display_name": site, "level": level, "division_code": division, "zone": ZONE.key, "rooms": own}
        sites("CreateSite", parent=COUNTY, site_id=site, site={**fields, "licensed_specialties": ["03", "04"]})
    assert len(sites("ListSites", parent=COUNTY).sites) == 2


def people(channel):
    experts = Service(channel, "experts", "ExpertService")
    assistants = Service(channel, "assistants", "AssistantService")
    pairings = Service(channel, "assistants", "PairingService")
    joined = day(-400)
    affiliation = {"hospital": name("hospitals", "provincial-01"), "from_date": joined, "main": True}
    for number, specialty in (("001", "03.04"), ("002", "04.01")):
        expert = {
            "display_name": f"专家 {number}",
            "title": "EXPERT_TITLE_CHIEF",
            "specialties": [specialty],
            "affiliations": [affiliation],
            "roster_entry_date": joined,
        }
        experts("CreateExpert", parent=COUNTY, expert_id=f"expert-{number}", expert=expert)
        assistant = {"display_name": f"助手 {number}", "site": name("sites", "county"), "specialties": [specialty]}
        assistants("CreateAssistant", parent=COUNTY, assistant_id=f"assistant-{number}", assistant=assistant)
        pairing = {
            "expert": name("experts", f"expert-{number}"),
            "assistant": name("assistants", f"assistant-{number}"),
            "role": "PAIRING_ROLE_PRIMARY",
            "from_date": joined,
        }
        pairings("CreatePairing", parent=COUNTY, pairing_id=f"pairing-{number}", pairing=pairing)
    papers(channel, joined)
    search = Service(channel, "assistants", "ExpertSearchService")
    matches = search("SearchExperts", parent=COUNTY, day=day(0), specialty="03").matches
    assert [match.expert.name for match in matches] == [name("experts", "expert-001")], matches


def papers(channel, since):
    """Both experts' licences and filings, and what the county hospital lets them operate."""
    county = name("sites", "county")
    filed = [{"grade_list": {"site": county, "highest_grade": 4}}]
    for number in ("001", "002"):
        expert = name("experts", f"expert-{number}")
        filed += [
            {"licence": {"expert": expert}},
            {"basis": {"expert": expert, "kind": "BASIS_KIND_FILED"}},
            {"authorisation": {"expert": expert, "site": county, "highest_grade": 3}},
        ]
    rows = [{"credential": paper | {"from_date": since, "document": "文件 1 号"}} for paper in filed]
    credentials = Service(channel, "credentials", "CredentialService")
    assert len(credentials("BatchCreateCredentials", parent=COUNTY, requests=rows).credentials) == len(rows)


def plan(number, kind, start, end):
    """A session of one of the two experts at the county hospital."""
    assistant = name("assistants", f"assistant-{number}")
    fields = {
        "kind": f"SESSION_KIND_{kind}",
        "site": name("sites", "county"),
        "room": "theatre-1" if kind == "OPERATION" else "clinic-1",
        "expert": name("experts", f"expert-{number}"),
        "assistant": assistant,
        "start_time": instant(start),
        "end_time": instant(end),
    }
    if kind == "OPERATION":
        fields |= {"responsible_before": assistant, "responsible_after": assistant, "grade": 3}
    return fields


def consent(days):
    return {"heard_by": "行程办", "medium": "CONSENT_MEDIUM_PHONE", "heard_time": instant(at(days, 9)), "words": "可以"}


def plans(channel):
    sessions = Service(channel, "sessions", "SessionService")
    next_week = {"parent": COUNTY, "session": plan("001", "CLINIC", at(7, 8, 30), at(7, 11, 30))}
    sessions.refuses("consent", "BookSession", **next_week, session_id="next-1")
    next_week["consent"] = consent(-2)
    booked = sessions("BookSession", **next_week, session_id="next-1", request_id="story-next-1")
    again = sessions("BookSession", **next_week, session_id="next-1", request_id="story-next-1")
    assert booked == again, "a repeated request is one session"
    sessions.refuses("REQUEST_ID_REUSED", "BookSession", **next_week, session_id="other", request_id="story-next-1")
    sessions.refuses("EXPERT_OCCUPIED", "BookSession", **next_week, session_id="next-2")
    until = instant(at(14, 0))
    listed = sessions("ListSessions", parent=COUNTY, start_time_from=instant(at(7, 0)), start_time_until=until).sessions
    assert [session.name for session in listed] == [name("sessions", "next-1")], listed
    assert listed[0].local_start_time == at(7, 8, 30).isoformat(), listed[0].local_start_time


def records(channel):
    sessions = Service(channel, "sessions", "SessionService")
    rows = [
        {"session_id": "held-1", "session": plan("001", "CLINIC", at(-8, 8, 30), at(-8, 11, 30)), "consent": consent(-10)},
        {"session_id": "held-2", "session": plan("001", "CLINIC", at(-8, 14), at(-8, 17)), "consent": consent(-10)},
        {"session_id": "held-3", "session": plan("002", "CLINIC", at(-7, 8, 30), at(-7, 11, 30))},
        {"session_id": "held-4", "session": plan("002", "OPERATION", at(-8, 13, 30), at(-8, 18)), "consent": consent(-10)},
    ]
    results = sessions("BatchRecordHeldSessions", parent=COUNTY, requests=rows, request_id="story-held").results
    # What really happened is recorded; that nobody wrote down a yes is listed.
    assert [len(result.session.irregularities) for result in results] == [0, 0, 1, 0], results


def deeds(channel):
    activities = Service(channel, "activities", "ActivityService")
    procedure = {"code": "51.2300", "system": "glb", "version": "3.0", "main": True}
    operation = {"procedures": [procedure], "grade": 3, "grade_list": "hunan-2022", "performer": "PERFORMER_EXPERT"}
    rows = [
        deed("held-1", "HEADCOUNT", "OWN_COUNTY", quantity=12),
        deed("held-2", "HEADCOUNT", "NEIGHBOURING", quantity=9),
        deed("held-3", "CONSULTATION", "OWN_COUNTY", patient="story-patient-1", declared_saving_fen=18_000),
        deed(
            "held-4",
            "OPERATION_CASE",
            "NEIGHBOURING",
            patient="story-patient-2",
            operation=operation,
            declared_saving_fen=865_000,
        ),
    ]
    for _again in range(2):
        results = activities("BatchRecordActivities", parent=COUNTY, rows=rows, request_id="story-deeds").results
        assert all(result.HasField("activity") for result in results), results
    identity = "43028119900101123X"
    row = deed("held-3", "CONSULTATION", "OWN_COUNTY", patient=identity)
    result = activities("BatchRecordActivities", parent=COUNTY, rows=[row | {"activity_id": "other"}]).results[0]
    assert result.HasField("refusal") and identity not in str(result), "an identity number is refused and not echoed"


def deed(session, kind, residence, patient=None, **fields):
    """A row of a batch: what was done in a session."""
    if patient:
        fields["patient"] = {"issuer": "story", "token": patient}
    activity = {"session": name("sessions", session), "kind": f"ACTIVITY_KIND_{kind}", "residence": f"RESIDENCE_{residence}"}
    return {"activity_id": f"deed-of-{session}", "activity": activity | fields}


def tally(channel):
    tallies = Service(channel, "tallies", "TallyService")
    question = {"parent": COUNTY, "from_date": day(-60), "to_date": day(0), "measures": list(FIGURES)}
    totals = {value.measure: value.quantity for value in tallies("QueryTally", **question).totals}
    assert totals == FIGURES, totals
    rows = tallies("QueryTally", **question, group_by=["TALLY_DIMENSION_RESIDENCE"]).rows
    for measure, total in FIGURES.items():
        parts = [value.quantity for row in rows for value in row.values if value.measure == measure]
        assert sum(parts) == total, (measure, parts)
    reconciled = tallies("Reconcile", parent=COUNTY)
    assert reconciled.equal and not reconciled.differences, reconciled


def bulletin(channel):
    service = Service(channel, "bulletins", "BulletinService")
    whole = service("GetBulletin", name=COUNTY, with_html=True)
    figures = whole.figures
    assert [top.site for top in whole.top_sites][:1] == [name("sites", "county")], whole.top_sites
    page = Page(whole.html)
    assert page.title and not page.open and not page.fetched, (page.title, page.open, page.fetched)
    assert (figures.experts, figures.home_hospitals) == (2, 1), figures
    assert (figures.sittings, figures.consultations, figures.operations) == (3, 22, 1), figures
    assert figures.declared_savings_fen == 883_000, figures


def calendars(channel):
    service = Service(channel, "calendars", "CalendarService")
    october = {"from_date": {"year": 2025, "month": 10, "day": 3}, "to_date": {"year": 2025, "month": 10, "day": 11}}
    days = service("ListDays", parent=COUNTY, **october).days
    kinds = [service.messages.DayKind.Name(each.kind).removeprefix("DAY_KIND_") for each in days]
    expected = "STATUTORY_HOLIDAY WEEKEND WEEKEND STATUTORY_HOLIDAY IN_LIEU_REST IN_LIEU_REST WORKDAY WORKDAY MAKEUP_WORKDAY"
    assert kinds == expected.split() and not any(each.provisional for each in days), days
    mornings = {
        "weekdays": list(range(1, 8)),
        "start": {"hour": 8, "minute": 30},
        "end": {"hour": 11, "minute": 30},
        "first_date": day(20),
        "last_date": day(22),
        "except_dates": [day(21)],
    }
    expert = name("experts", "expert-002")
    offer = {"expert": expert, "mode": "OFFER_MODE_STANDING", "weekly": mornings, "consent": consent(-1)}
    made = service("CreateOffer", parent=COUNTY, offer_id="mornings", offer=offer)
    assert made.weekly.zone == ZONE.key and made.tz_version, made
    window = {"start_time": instant(at(14, 0)), "end_time": instant(at(28, 0))}
    times = service("ListOfferedTimes", expert=expert, window=window).times
    starts = [time.occurrence.interval.start_time.seconds for time in times]
    assert starts == [int(at(days, 8, 30).timestamp()) for days in (20, 22)], times
    service("WithdrawOffer", name=made.name)
    assert not service("ListOfferedTimes", expert=expert, window=window).times
    service.refuses("ILLEGAL_TRANSITION", "WithdrawOffer", name=made.name)


def feeds(channel):
    """What telephones and calendars are sent, read by somebody else's parser."""
    visit = {
        "expert": name("experts", "expert-001"),
        "host_site": name("sites", "county"),
        "arrival_time": instant(at(7, 8)),
        "departure_time": instant(at(7, 18)),
        "sessions": [name("sessions", "next-1")],
    }
    Service(channel, "visits", "VisitService")("CreateVisit", parent=COUNTY, visit_id="next", visit=visit)
    service = Service(channel, "feeds", "FeedService")
    event = next_clinic(service)
    assert event.decoded("dtstart") == at(7, 8, 30) and event.decoded("dtend") == at(7, 11, 30), event
    assert event.decoded("dtstart").utcoffset() == timedelta(hours=8), "by the calendar's own VTIMEZONE"
    assert (str(event["status"]), str(event["summary"])) == ("CONFIRMED", "坐诊 · county"), event
    assert str(event["location"]) == "county, 诊室 1" and "专家 001" in str(event["description"]), event
    sessions = Service(channel, "sessions", "SessionService")
    sessions("CancelSession", name=name("sessions", "next-1"), party="CANCEL_PARTY_EXPERT")
    cancelled = next_clinic(service)
    assert str(cancelled["status"]) == "CANCELLED" and cancelled["uid"] == event["uid"], cancelled
    assert cancelled["sequence"] > event["sequence"], (event, cancelled)
    whole = icalendar.Calendar.from_ical(service("GetCalendarFeed", name=name("sites", "county")).calendar)
    uids = [str(each["uid"]) for each in whole.walk("VEVENT")]
    assert len(uids) == len(set(uids)) == 5, uids
    itinerary = service("GetVisitItinerary", name=name("visits", "next"), language="FEED_LANGUAGE_EN")
    page = Page(itinerary.html)
    assert "Clinic" in itinerary.text and "cancelled" in itinerary.text, itinerary.text
    assert page.title == itinerary.title and not page.open and not page.fetched, (page.open, page.fetched)


def next_clinic(service):
    """The one event of the expert's calendar that is to come."""
    window = {"start_time": instant(at(0, 0)), "end_time": instant(at(30, 0))}
    text = service("GetCalendarFeed", name=name("experts", "expert-001"), window=window).calendar
    calendar = icalendar.Calendar.from_ical(text)
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == [ZONE.key], text
    assert calendar.walk("VTIMEZONE")[0].to_tz() is not None, text
    (event,) = calendar.walk("VEVENT")
    return event


class Page(html.parser.HTMLParser):
    """A page of HTML: its title, the elements that are still open at its end, and what it would fetch."""

    def __init__(self, text):
        super().__init__()
        self.title, self.open, self.fetched = "", [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.fetched += [tag for key, _value in attrs if key in ("src", "href")] + [tag] * (tag in ("script", "link"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open[-1:] == ["title"]:
            self.title += data


CHAPTERS = [programmes, places, people, plans, records, deeds, tally, bulletin, calendars, feeds]


class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Puts the token beside each call."""

    def __init__(self, token):
        self.metadata = [("authorization", f"Bearer {token}")]

    def intercept_unary_unary(self, call, details, request):
        return call(details._replace(metadata=self.metadata), request)

    intercept_unary_stream = intercept_unary_unary


def refuse_strangers(channel):
    """Who has no token is told so."""
    Service(channel, "programmes", "ProgrammeService").refuses("CREDENTIALS_MISSING", "ListProgrammes")


def attester(plain, channel):
    """A channel of another person, who may attest."""
    access = Service(channel, "access", "AccessService")
    token = {"subject": "attester", "expire_time": instant(at(2, 0))}
    secret = access("CreateToken", parent=COUNTY, token_id="attester", token=token).secret
    access("CreateBinding", parent=COUNTY, binding={"subject": "attester", "role": "ACCESS_ROLE_ATTESTER"})
    return grpc.intercept_channel(plain, Bearer(secret))


def report_month(channel, other, address, token, folder):
    """The sample batch job: files last month once, changes nothing when it is run again, and stops at a restatement."""
    last = at(0, 0).replace(day=1) - timedelta(days=1)
    month = f"{last:%Y-%m}"
    reports = pathlib.Path(folder, "reports")
    reports.mkdir(parents=True)
    key = reports.parent / "reporter.token"
    key.write_text(token)

    def tried(*more, key=key):
        script = ROOT / "examples/python/month_report.py"
        command = [sys.executable, script, "liling", "--month", month, "--out", reports, "--address", address, *more]
        surroundings = os.environ | {"PYTHONPATH": sys.path[0], "HOMECOMING_TOKEN_FILE": str(key)}
        done = subprocess.run(command, capture_output=True, text=True, env=surroundings)
        print(done.stdout + done.stderr, end="")
        return done

    def run(*more):
        return tried(*more).returncode

    stranger = reports.parent / "stranger.token"
    stranger.write_text("hc_nobody")
    nobody = f"127.0.0.1:{servers.free_port()}"
    for code, more, key_file in [
        (4, ["--address", nobody], key),
        (1, [], stranger),
        (1, [], reports.parent / "missing.token"),
        (1, ["--month", f"{at(40, 0):%Y-%m}"], key),
        (2, ["--month", "March"], key),
    ]:
        failed = tried(*more, key=key_file)
        told = failed.stderr.strip().splitlines()
        assert failed.returncode == code and "Traceback" not in failed.stderr, (code, more, failed)
        assert code == 2 or len(told) == 1, told
    assert not list(reports.iterdir()), "nothing of what failed is left"

    assert run() == 0
    report = reports / month
    filed = {path.name: path.read_bytes() for path in report.iterdir()}
    assert set(filed) == {"statement.jsonl", "tally.csv", "report.json"}, filed
    assert run() == 0, "filed already"
    late_and_attested(channel, other, {"year": last.year, "month": last.month, "day": last.day})
    tallies = Service(channel, "tallies", "TallyService")
    statements = importlib.import_module("homecoming.v1.statements_pb2")
    first = json.loads(filed["report.json"])["statement"]
    restated = tallies.stub.RestatePeriod(statements.RestatePeriodRequest(name=first), timeout=30)
    assert any(delta.measure == "consultations" and delta.delta == 5 for delta in restated.deltas), restated.deltas
    assert run() == 3, "a restatement is for a person to look at"
    assert {path.name: path.read_bytes() for path in report.iterdir()} == filed
    assert run("--restated") == 0
    beside = json.loads((reports / f"{month}-restatement-1" / "report.json").read_text())
    assert beside["statement"] == restated.name, beside


def late_and_attested(channel, other, last):
    """A headcount of last month, recorded now and attested by another person."""
    site = name("sites", "county")
    late = {"kind": "ACTIVITY_KIND_HEADCOUNT", "site": site, "date": last, "lead_expert": name("experts", "expert-001")}
    late |= {"quantity": 5, "residence": "RESIDENCE_OWN_COUNTY"}
    Service(channel, "activities", "ActivityService")("RecordActivity", parent=COUNTY, activity_id="late", activity=late)
    sheets = Service(other, "sheets", "SheetService")
    scope = {"days": {"site": site, "from_date": last, "to_date": last}}
    preview = sheets("PreviewSheet", parent=COUNTY, scope=scope)
    checks = [{"activity": activity, "finding": "SHEET_FINDING_AGREES"} for activity in preview.to_check]
    sheets("AttestSheet", parent=COUNTY, scope=scope, checks=checks, digest=preview.digest)


def tell(program, engine, database, folder):
    """Every chapter, then the bulletin once more as the command line prints it."""
    with servers.homecoming(program, database) as (address, token):
        with grpc.insecure_channel(address) as plain:
            refuse_strangers(plain)
            channel = grpc.intercept_channel(plain, Bearer(token))
            for chapter in CHAPTERS:
                chapter(channel)
                print(f"story on {engine}: {chapter.__name__}")
            report_month(channel, attester(plain, channel), address, token, folder)
            print(f"story on {engine}: report_month")
        command = [program, "bulletin", "liling", "--json", "--server", f"http://{address}"]
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(token)
            file.flush()
            command += ["--token-file", file.name]
            printed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert (printed["sittings"], printed["operations"]) == (3, 1), printed


def main(program):
    program = str(pathlib.Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        generate(folder)
        with servers.sqlite() as database:
            tell(program, "SQLite", database, f"{folder}/sqlite")
        with servers.postgres() as database:
            if database:
                tell(program, "PostgreSQL", database, f"{folder}/postgres")


if __name__ == "__main__":
    main(sys.argv[1])
