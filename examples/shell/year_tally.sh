#!/bin/sh
# Prints a year's tally by month, by the server's reflection: year_tally.sh [YEAR] [PROGRAMME] [ADDRESS]
# Needs npm, for buf; any other gRPC tool takes the same service, method and JSON.
set -eu
year=${1:-2023}
programme=${2:-liling}
address=${3:-127.0.0.1:50051}
token=$(cat "${HOMECOMING_TOKEN_FILE:-homecoming.db.token}")
npx --yes @bufbuild/buf curl --protocol grpc --http2-prior-knowledge -H "authorization: Bearer $token" -d @- \
    "http://$address/homecoming.v1.TallyService/QueryTally" <<JSON
{
  "parent": "programmes/$programme",
  "from_date": {"year": $year, "month": 1, "day": 1},
  "to_date": {"year": $year, "month": 12, "day": 31},
  "measures": ["sittings", "consultations", "operation_cases", "declared_savings_fen"],
  "group_by": ["TALLY_DIMENSION_MONTH"]
}
JSON
