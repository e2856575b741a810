"""Lists next week's sessions of a programme: python next_week.py [PROGRAMME] [ADDRESS]."""

import os
import pathlib
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from homecoming.v1 import sessions_pb2, sessions_pb2_grpc, types_pb2


def main(programme="liling", address="127.0.0.1:50051"):
    zone = ZoneInfo("Asia/Shanghai")
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    request = sessions_pb2.ListSessionsRequest(
        parent=f"programmes/{programme}",
        start_time_from=instant(monday),
        start_time_until=instant(monday + timedelta(days=7)),
        page_size=100,
    )
    sessions = sessions_pb2_grpc.SessionServiceStub(grpc.insecure_channel(address))
    while True:
        page = sessions.ListSessions(request, metadata=credential(), timeout=10)
        for session in page.sessions:
            kind = types_pb2.SessionKind.Name(session.plan.kind).removeprefix("SESSION_KIND_")
            site, expert = (name.rsplit("/", 1)[1] for name in (session.plan.site, session.plan.expert))
            print(f"{session.local_start_time[:16]}  {kind:<18} {expert}  {site}")
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def instant(local):
    """A Timestamp of a time that knows its zone."""
    return Timestamp(seconds=int(local.timestamp()))


def credential():
    """What a call carries: the token in HOMECOMING_TOKEN_FILE, else the owner's, beside the database."""
    file = pathlib.Path(os.environ.get("HOMECOMING_TOKEN_FILE", "homecoming.db.token"))
    return [("authorization", f"Bearer {file.read_text().strip()}")]


if __name__ == "__main__":
    main(*sys.argv[1:])
