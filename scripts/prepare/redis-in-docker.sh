#!/bin/sh
# Stands in for redis-server on a machine that has only Docker: takes the same arguments (--port, --dir and others).
# The server lives as long as this process and no longer, even when this process is killed: then its stdin ends.
set -eu
port=6379
dir=$(pwd)
previous=
for argument in "$@"; do
  case $previous in
    --port) port=$argument ;;
    --dir) dir=$argument ;;
  esac
  previous=$argument
done
exec docker run --rm --interactive --user "$(id -u):$(id -g)" --publish "127.0.0.1:$port:$port" --volume "$dir:$dir" \
  --entrypoint sh "${REDIS_IMAGE:-redis:7}" -c '
    exec 3<&0
    redis-server "$@" --bind "* -::*" --protected-mode no < /dev/null &
    server=$!
    trap "kill -TERM $server" TERM INT
    { cat <&3 > /dev/null; kill -KILL $server; } &
    while kill -0 $server 2> /dev/null; do wait $server || true; done
  ' redis-server "$@"
