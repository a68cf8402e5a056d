#!/usr/bin/env bash
# Installs what the heavier tests need, when it is not there: Debian's Postgres, Docker and ssh, and a Python environment
# with a genuine Prefect in .cache/python (the versions that work together; see tests/conformance/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
fi
# Only the programs: scripts/docker/engine.mjs starts an engine of its own, so none is started here.
if [ ! -x /usr/sbin/dockerd ] || [ ! -x /bin/busybox ] || [ ! -x /usr/sbin/sshd ]; then
  apt-get update -qq
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io busybox-static iptables \
    openssh-server openssh-client openssl >/dev/null
fi
# A registry with a password file, as a program: scripts/docker/registry.mjs starts its own.
if [ ! -x /usr/bin/docker-registry ] || [ ! -x /usr/bin/htpasswd ]; then
  apt-get update -qq
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker-registry apache2-utils >/dev/null
fi
wanted="prefect==3.8.8 fastapi==0.139.0 sqlalchemy==2.0.58"
if [ "$(cat .cache/python/.installed 2>/dev/null)" != "$wanted" ]; then
  rm -rf .cache/python
  mkdir -p .cache
  python3 -m venv .cache/python
  # shellcheck disable=SC2086
  .cache/python/bin/pip install --quiet --disable-pip-version-check $wanted
  echo "$wanted" > .cache/python/.installed
fi
