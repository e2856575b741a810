"""Files a month's report: python month_report.py PROGRAMME [--month 2024-03] [--out reports] [--address 127.0.0.1:50051] [--restated].

The token is that of HOMECOMING_TOKEN_FILE, a reporter's; else the owner's, beside the database.

For a timer, such as the first working day of each month. It closes the month where nobody has, and writes a folder with the statement
as it was frozen (statement.jsonl), the month's tally as of the statement's sequence (tally.csv) and what both are (report.json).
Hashes are checked before the folder gets its name, so that a folder of that name is a whole report; run again, it changes nothing.

A month that was restated is for a person to look at: the program says what changed and writes nothing. With --restated it files the
restatement beside the first report, in a folder of its own.

It ends with 0 where the report is filed, also where it was already; 1 where the server refuses, what came isn't what its hash says, or
a file can't be read or written; 2 where the arguments are wrong; 3 where the month was restated; 4 where no server answers or it has
too much to do: then the same command does it later. What went wrong is one line on standard error.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

import grpc
from homecoming.v1 import exports_pb2, exports_pb2_grpc, statements_pb2, tallies_pb2, tallies_pb2_grpc, types_pb2

REFUSED = 1
RESTATED = 3
LATER = 4
TIMEOUT = 60


def main(arguments):
    options = parse(arguments)
    try:
        return filed(options)
    except grpc.RpcError as error:
        later = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
        what = f"no answer from {options.address}, run it again later" if later else f"{options.programme}, {options.month}: refused"
        print(f"{what}: {one_line(error.details())}", file=sys.stderr)
        return LATER if later else REFUSED
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return REFUSED


def one_line(text):
    return " ".join((text or "").split())


def filed(options):
    """Files the month, where nobody has: the code to end with."""
    with grpc.insecure_channel(options.address) as channel:
        tallies = tallies_pb2_grpc.TallyServiceStub(channel)
        exports = exports_pb2_grpc.ExportServiceStub(channel)
        parent = f"programmes/{options.programme}"
        statement = last_statement(tallies, parent, *options.period) or close(tallies, parent, *options.period)
        folder = folder_of(options, statement)
        if already_filed(folder, statement):
            print(f"{folder} is filed already: {statement.name}")
            return 0
        if statement.kind == statements_pb2.STATEMENT_KIND_RESTATEMENT and not options.restated:
            return stop(tallies, options, statement)
        file_report(exports, tallies, parent, options, statement, folder)
        print(f"{folder} is filed: {statement.name}, as of sequence {statement.sequence}, audit head {statement.audit_head}")
        return 0


def parse(arguments):
    last_month = datetime.date.today().replace(day=1) - datetime.timedelta(days=1)
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programme")
    parser.add_argument("--month", type=month, default=f"{last_month:%Y-%m}", help="such as 2024-03; the last one unless said otherwise")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("reports"))
    parser.add_argument("--address", default="127.0.0.1:50051")
    parser.add_argument("--restated", action="store_true", help="file a restatement that a person has looked at")
    options = parser.parse_args(arguments)
    first = datetime.datetime.strptime(options.month, "%Y-%m").date()
    last = (first + datetime.timedelta(days=31)).replace(day=1) - datetime.timedelta(days=1)
    options.period = first, last
    return options


def month(text):
    return f"{datetime.datetime.strptime(text, '%Y-%m'):%Y-%m}"  # argparse makes of its error a line that names the argument


def day(date):
    return types_pb2.Date(year=date.year, month=date.month, day=date.day)


def last_statement(tallies, parent, first, last):
    """The newest statement of the period, if it was closed."""
    found, token = None, ""
    while True:
        request = statements_pb2.ListStatementsRequest(parent=parent, page_size=1000, page_token=token)
        page = tallies.ListStatements(request, metadata=credential(), timeout=TIMEOUT)
        for statement in page.statements:
            if (statement.from_date, statement.to_date) == (day(first), day(last)):
                found = statement
        token = page.next_page_token
        if not token:
            return found


def close(tallies, parent, first, last):
    """Closes the period; the request id makes a retry answer the same statement."""
    request_id = f"month-report-{first:%Y-%m}"
    request = statements_pb2.ClosePeriodRequest(parent=parent, from_date=day(first), to_date=day(last), request_id=request_id)
    try:
        return tallies.ClosePeriod(request, metadata=credential(), timeout=TIMEOUT)
    except grpc.RpcError as error:
        statement = last_statement(tallies, parent, first, last)  # somebody else was faster
        if statement is None:
            raise error
        return statement


def folder_of(options, statement):
    return options.out / (options.month if statement.ordinal == 0 else f"{options.month}-restatement-{statement.ordinal}")


def already_filed(folder, statement):
    report = folder / "report.json"
    return report.exists() and json.loads(report.read_text())["statement"] == statement.name


def stop(tallies, options, statement):
    """Says what changed since the last report, and leaves it to a person."""
    request = statements_pb2.GetStatementRequest(name=statement.name)
    whole = tallies.GetStatement(request, metadata=credential(), timeout=TIMEOUT)
    print(f"{options.month} was restated by {whole.closer}: {whole.name}", file=sys.stderr)
    for delta in whole.deltas:
        print(f"  {delta.measure}: {delta.before:,} -> {delta.after:,} ({delta.delta:+,})", file=sys.stderr)
    print("nothing was written; look at it, then run again with --restated", file=sys.stderr)
    return RESTATED


def file_report(exports, tallies, parent, options, statement, folder):
    """Writes the folder under another name and renames it once everything in it is what it should be."""
    options.out.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=options.out))
    try:
        text = statement_text(tallies, statement)
        (partial / "statement.jsonl").write_bytes(text)
        table, manifest = tally(exports, parent, options.period, statement.sequence)
        (partial / "tally.csv").write_bytes(table)
        report = {
            "statement": statement.name,
            "digest": statement.digest,
            "audit_head": statement.audit_head,
            "sequence": statement.sequence,
            "tally": {"question": manifest.question, "rows": manifest.row_count, "sha256": manifest.sha256},
            # The statement's; the tally beside it counts everything recorded.
            "attested": {figure.measure: figure.attested for figure in statement.figures},
        }
        (partial / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial)
        raise


def statement_text(tallies, statement):
    request = statements_pb2.ExportStatementRequest(name=statement.name)
    pieces = tallies.ExportStatement(request, metadata=credential(), timeout=TIMEOUT)
    text = b"".join(piece.content for piece in pieces)
    if hashlib.sha256(text).hexdigest() != statement.digest:
        sys.exit(f"{statement.name}: its text isn't what its digest says")
    return text


def tally(exports, parent, period, sequence):
    """The month by site and kind as of the statement's sequence, as CSV, and its manifest."""
    question = tallies_pb2.QueryTallyRequest(
        parent=parent,
        from_date=day(period[0]),
        to_date=day(period[1]),
        measures=["sittings", "consultations", "operation_cases", "declared_savings_fen"],
        group_by=[tallies_pb2.TALLY_DIMENSION_MONTH, tallies_pb2.TALLY_DIMENSION_SITE, tallies_pb2.TALLY_DIMENSION_KIND],
    )
    options = exports_pb2.ExportOptions(byte_order_mark=True, as_of_sequence=sequence)
    table, manifest = b"", None
    request = exports_pb2.ExportTallyRequest(question=question, options=options)
    for answer in exports.ExportTally(request, metadata=credential(), timeout=TIMEOUT):
        table += answer.part.data
        if answer.part.HasField("manifest"):
            manifest = answer.part.manifest
    if manifest is None or hashlib.sha256(table).hexdigest() != manifest.sha256:
        sys.exit("the tally that came isn't what its manifest says")
    return table, manifest


def credential():
    """What a call carries: the token in HOMECOMING_TOKEN_FILE, else the owner's, beside the database."""
    file = pathlib.Path(os.environ.get("HOMECOMING_TOKEN_FILE", "homecoming.db.token"))
    return [("authorization", f"Bearer {file.read_text().strip()}")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
