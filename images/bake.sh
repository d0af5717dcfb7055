#!/usr/bin/env bash
# Runs on the machine that an image is made from: installs GitHub's runner program, with its checksum verified, Docker, git
# and the tools that workflows expect, and makes machines of this image start faster. It must fail if anything is missing:
# after a failed build the last good image stays in use. The stack fills in the placeholders between at signs.
set -euo pipefail

readonly ARCHITECTURE="@ARCHITECTURE@"
readonly RUNNER_BUCKET="@RUNNER_BUCKET@"
readonly RUNNER_HOME="${RUNNER_HOME:-/opt/actions-runner}"
# Root of the system's files. Tests use another folder.
readonly ROOT="${ROOT:-}"

# One line each: for the runner and the boot script; for containers; for actions and the steps of most workflows.
readonly PACKAGES=(
  ca-certificates curl git gzip iptables jq procps sudo tar
  docker.io docker-buildx docker-compose-v2
  build-essential file gh git-lfs gnupg libssl-dev lsb-release openssh-client pkg-config python3 python3-pip
  python3-venv rsync unzip wget xz-utils zip zstd
)
# These must run before the image is made.
readonly TOOLS=(
  base64 cc curl docker gh git git-lfs iptables make od pgrep python3 runuser sha256sum sudo unzip wget xz zip zstd
)
# Updates come with the next image, and servers need no snaps.
readonly UNWANTED=(
  apt-daily.service apt-daily.timer apt-daily-upgrade.service apt-daily-upgrade.timer unattended-upgrades.service
  snapd.service snapd.socket snapd.seeded.service
)

say() {
  printf 'bake: %s\n' "$1"
}

install_packages() {
  say "installing packages"
  # The package installation of the first boot must have ended, and no other may start.
  cloud-init status --wait >/dev/null || true
  systemctl stop apt-daily.timer apt-daily-upgrade.timer
  export DEBIAN_FRONTEND=noninteractive
  local options=(--assume-yes --quiet --no-install-recommends)
  # Jobs benefit too: apt-get then waits for the package lock. It never waits for the lock of the package lists.
  mkdir -p "$ROOT/etc/apt/apt.conf.d"
  printf 'DPkg::Lock::Timeout "300";\n' >"$ROOT/etc/apt/apt.conf.d/99-mayfly"
  read_lists
  apt-get "${options[@]}" upgrade
  apt-get "${options[@]}" install "${PACKAGES[@]}"
  git lfs install --system
  # Through the socket, a job that starts before Docker is up waits for it.
  systemctl enable docker.socket docker.service
}

read_lists() {
  local attempt
  for attempt in 1 2 3 4 5; do
    apt-get update --quiet && return
    say "the package lists could not be read"
    sleep "$((attempt * 5))"
  done
  return 1
}

# Prints the value of a key in `current`, which has lines of key=value.
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

# cloud-init runs user data last, after waiting for snaps. A systemd unit of its own runs it as soon as the network is up,
# and cloud-init no longer does.
start_sooner() {
  say "letting machines start sooner"
  mkdir -p "$ROOT/etc/systemd/system" "$ROOT/etc/cloud/cloud.cfg.d" "$ROOT/usr/local/sbin"
  cat >"$ROOT/usr/local/sbin/mayfly-user-data" <<'SCRIPT'
#!/usr/bin/env bash
# Runs the machine's user data, as cloud-init would. A machine that cannot read its user data is useless, so it powers off.
set -euo pipefail
url="${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}"
url="${url%/}/latest"
folder="${STATE_DIRECTORY:-/var/lib/mayfly}"
read_user_data() {
  local attempt token
  for attempt in 1 2 3 4 5 6 7 8; do
    if token="$(curl --silent --fail --max-time 5 --request PUT \
      --header 'x-aws-ec2-metadata-token-ttl-seconds: 60' "$url/api/token")" &&
      printf 'x-aws-ec2-metadata-token: %s\n' "$token" |
      curl --silent --fail --max-time 5 --header @- --output "$folder/user-data" "$url/user-data"; then
      return
    fi
    sleep "$((attempt < 4 ? 1 : attempt))"
  done
  return 1
}
if ! read_user_data; then
  echo "mayfly-user-data: the user data cannot be read"
  poweroff
  exit 1
fi
[[ $(head -c 2 "$folder/user-data") == '#!' ]] || exit 0
chmod 0700 "$folder/user-data"
exec "$folder/user-data"
SCRIPT
  chmod 0755 "$ROOT/usr/local/sbin/mayfly-user-data"
  cat >"$ROOT/etc/systemd/system/mayfly-user-data.service" <<'UNIT'
[Unit]
Description=The machine's user data, at once
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=/usr/local/sbin/mayfly-user-data
StateDirectory=mayfly
# As in cloud-init's own unit: jobs may start any number of processes, and processes that outlive the script go on.
KillMode=process
TasksMax=infinity
# If the kernel kills a job's process for lack of memory, only that job is affected.
OOMPolicy=continue
StandardOutput=journal+console

[Install]
WantedBy=multi-user.target
UNIT
  printf 'cloud_final_modules: [final-message]\n' >"$ROOT/etc/cloud/cloud.cfg.d/99-mayfly.cfg"
  systemctl enable mayfly-user-data.service
  # Takes effect at the next boot: the agent that drives this build may itself be a snap.
  systemctl mask "${UNWANTED[@]}"
}

check() {
  say "checking"
  test -x "$RUNNER_HOME/run.sh"
  local tool
  for tool in "${TOOLS[@]}"; do command -v "$tool" >/dev/null; done
  docker --version
  docker compose version
  docker buildx version
  git --version
}

install_packages
install_runner
start_sooner
check
apt-get clean
rm -rf "$ROOT/var/lib/apt/lists"/*
say "done"
