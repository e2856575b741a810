"""Prints a year's tally by month: python year_tally.py [YEAR] [PROGRAMME] [ADDRESS]."""

import os
import pathlib
import sys

import grpc
from homecoming.v1 import tallies_pb2, tallies_pb2_grpc, types_pb2

MEASURES = ["sittings", "consultations", "operation_cases", "declared_savings_fen"]


def main(year="2023", programme="liling", address="127.0.0.1:50051"):
    tallies = tallies_pb2_grpc.TallyServiceStub(grpc.insecure_channel(address))
    tally = tallies.QueryTally(
        tallies_pb2.QueryTallyRequest(
            parent=f"programmes/{programme}",
            from_date=types_pb2.Date(year=int(year), month=1, day=1),
            to_date=types_pb2.Date(year=int(year), month=12, day=31),
            measures=MEASURES,
            group_by=[tallies_pb2.TALLY_DIMENSION_MONTH],
        ),
        metadata=credential(),
        timeout=10,
    )
    print(f"{'month':<8}" + "".join(f"{measure:>22}" for measure in MEASURES))
    for row in tally.rows:
        print(f"{row.key.month:<8}" + numbers(row.values))
    print(f"{'total':<8}" + numbers(tally.totals))


def numbers(values):
    """One column for each measure, in the order in which they were asked for."""
    by_measure = {value.measure: value.quantity for value in values}
    return "".join(f"{by_measure[measure]:>22,}" for measure in MEASURES)


def credential():
    """What a call carries: the token in HOMECOMING_TOKEN_FILE, else the owner's, beside the database."""
    file = pathlib.Path(os.environ.get("HOMECOMING_TOKEN_FILE", "homecoming.db.token"))
    return [("authorization", f"Bearer {file.read_text().strip()}")]


if __name__ == "__main__":
    main(*sys.argv[1:])
