#!/bin/sh
# Lists next week's sessions of a programme by the server's reflection: next_week.sh [PROGRAMME] [ADDRESS]
# Needs npm, for buf; any other gRPC tool takes the same service, method and JSON.
set -eu
programme=${1:-liling}
address=${2:-127.0.0.1:50051}
export TZ=Asia/Shanghai
weekday=$(date +%u)
monday=$(date -d "$((8 - weekday)) days" +%F)
after=$(date -d "$((15 - weekday)) days" +%F)
token=$(cat "${HOMECOMING_TOKEN_FILE:-homecoming.db.token}")
npx --yes @bufbuild/buf curl --protocol grpc --http2-prior-knowledge -H "authorization: Bearer $token" -d @- \
    "http://$address/homecoming.v1.SessionService/ListSessions" <<JSON
{
  "parent": "programmes/$programme",
  "start_time_from": "${monday}T00:00:00+08:00",
  "start_time_until": "${after}T00:00:00+08:00",
  "page_size": 100
}
JSON
