#!/usr/bin/env bash
# What a machine runs from which an image is made: it installs GitHub's runner program, checked, with Docker, git and
# what the boot script needs. It must fail where anything is missing: a failed build leaves the last good image in use.
# The stack fills in the words between at signs.
set -euo pipefail

readonly ARCHITECTURE="@ARCHITECTURE@"
readonly RUNNER_BUCKET="@RUNNER_BUCKET@"
readonly RUNNER_HOME="${RUNNER_HOME:-/opt/actions-runner}"
readonly PACKAGE_LISTS="${PACKAGE_LISTS:-/var/lib/apt/lists}"

say() {
  printf 'bake: %s\n' "$1"
}

install_packages() {
  say "installing packages"
  # The first boot's own work on packages must be over.
  cloud-init status --wait >/dev/null || true
  export DEBIAN_FRONTEND=noninteractive
  local options=(-o DPkg::Lock::Timeout=300 --assume-yes --quiet --no-install-recommends)
  apt-get update --quiet
  apt-get "${options[@]}" upgrade
  apt-get "${options[@]}" install docker.io docker-buildx git curl jq unzip zip iptables procps tar gzip ca-certificates
  systemctl enable docker
}

# One value of the lines of key=value in `current`.
field() {
  sed -n "s/^$1=//p" <<<"$current"
}

install_runner() {
  local url="https://$RUNNER_BUCKET/runner/linux-$ARCHITECTURE" current
  current="$(curl --silent --show-error --fail --retry 5 --max-time 30 "$url/current")"
  say "installing the runner $(field version)"
  mkdir -p "$RUNNER_HOME"
  cd "$RUNNER_HOME"
  curl --silent --show-error --fail --retry 5 --max-time 600 --output runner.tar.gz "$url/$(field archive)"
  printf '%s  runner.tar.gz\n' "$(field sha256)" | sha256sum --check --quiet
  tar -xzf runner.tar.gz
  rm runner.tar.gz
  bin/installdependencies.sh
  id -u runner >/dev/null 2>&1 || useradd --create-home --shell /bin/bash runner
  chown -R runner: "$RUNNER_HOME"
}

check() {
  say "checking"
  test -x "$RUNNER_HOME/run.sh"
  docker --version
  git --version
  for tool in base64 curl iptables od pgrep runuser sha256sum; do command -v "$tool" >/dev/null; done
}

install_packages
install_runner
check
apt-get clean
rm -rf "${PACKAGE_LISTS:?}"/*
say "done"
