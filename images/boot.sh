#!/usr/bin/env bash
# What a machine runs when it boots: it proves its identity, claims a runner for one job, runs it, and powers off. Every
# exit of this script powers off. It has no long-lived credentials, and secrets that it receives never reach an argument, a
# file or the console. The stack fills in the placeholders between at signs; each appears here once.
set -euo pipefail

readonly CLAIM_URL="@CLAIM_URL@"
readonly RUNNER_ARCHITECTURE="@RUNNER_ARCHITECTURE@"
# Both may be empty: then the current release, with its published checksum.
readonly RUNNER_VERSION="@RUNNER_VERSION@"
readonly RUNNER_SHA256="@RUNNER_SHA256@"
# Host name of the platform's own bucket of runner programs; empty if machines cannot reach it.
readonly RUNNER_BUCKET="@RUNNER_BUCKET@"
# GitHub's API for a release of actions/runner.
readonly RELEASE_URL="@RELEASE_URL@"
readonly IDLE_SECONDS="@IDLE_SECONDS@"
# No machine of this tier needs to live longer.
readonly LIFE_MINUTES="@LIFE_MINUTES@"
# "yes": the job's user must have no way to become root.
readonly ROOTLESS="@ROOTLESS@"
# The tier's own boot script: shell, in base64. Any other value means that there is none.
readonly EXTRA_USER_DATA="@EXTRA_USER_DATA@"

readonly RUNNER_HOME="${RUNNER_HOME:-/opt/actions-runner}"
readonly UPTIME_FILE="${UPTIME_FILE:-/proc/uptime}"
readonly METADATA_URL="${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}"
# The platform gives up on an unconfirmed machine long before this.
readonly CLAIM_SECONDS=1800
# How long the runner may take to stop after it was told to: when idle, and when it has a job to cancel, which must finish
# within the two minutes that EC2 gives a spot machine.
readonly STOP_SECONDS=30
readonly CANCEL_SECONDS=90
readonly TOKEN_SECONDS=3600
readonly SPOT_POLL_SECONDS=5

# Prints one line of the boot trace: time, step, detail.
announce() {
  local seconds="${EPOCHREALTIME%[.,]*}" fraction="${EPOCHREALTIME#*[.,]}" clock
  TZ=UTC printf -v clock '%(%Y-%m-%dT%H:%M:%S)T' "$seconds"
  printf 'mayfly %s.%sZ %s %s\n' "$clock" "${fraction:0:3}" "$1" "${2:-}"
}

# Sets the named variable to the current time in milliseconds.
started=0 prepared=0 claimed=0
mark() {
  local now="${EPOCHREALTIME/[.,]/}"
  printf -v "$1" '%s' "${now:0:-3}"
}

power_off() {
  local status=$?
  trap - EXIT
  announce power-off "status $status"
  poweroff || poweroff --force
}
trap power_off EXIT

stop() {
  announce "$1" "$2"
  exit 1
}

# Prints a fresh token for the metadata service.
new_token() {
  curl --silent --show-error --fail --max-time 5 "$@" --request PUT \
    --header "x-aws-ec2-metadata-token-ttl-seconds: $TOKEN_SECONDS" "${METADATA_URL%/}/latest/api/token"
}

# Sets variables from the metadata service, all with one call; the arguments are pairs of `NAME PATH`. Tags can become
# visible a moment after the machine starts.
metadata() {
  local attempt all name names=() urls=() end=$'\x1e'
  while (($# > 0)); do
    names+=("$1") urls+=("${METADATA_URL%/}/latest/$2")
    shift 2
  done
  for attempt in 1 2 3 4 5; do
    if all="$(printf 'x-aws-ec2-metadata-token: %s\n' "$token" |
      curl --silent --show-error --fail --fail-early --max-time 5 --header @- --write-out "$end" "${urls[@]}")"; then
      for name in "${names[@]}"; do
        printf -v "$name" '%s' "${all%%"$end"*}"
        all="${all#*"$end"}"
      done
      return
    fi
    sleep "$attempt"
  done
  return 1
}

read_identity() {
  announce metadata "reading this machine's identity"
  token="$(new_token --retry 5 --retry-connrefused)"
  metadata life_cycle meta-data/instance-life-cycle instance_id meta-data/instance-id \
    ticket meta-data/tags/instance/ghr:launch_ticket \
    document dynamic/instance-identity/document signature dynamic/instance-identity/signature
  document="$(printf '%s' "$document" | base64)"
  document="${document//$'\n'/}"
  signature="${signature//$'\n'/}"
  nonce="$(od -An -N16 -tx1 /dev/urandom)"
  nonce="${nonce//[ $'\n']/}"
  [[ $ticket =~ ^[A-Za-z0-9._~+/=:-]+$ ]] ||
    stop metadata "the launch ticket has invalid characters"
  printf -v request '{"ticket":"%s","document":"%s","signature":"%s","nonce":"%s"}' \
    "$ticket" "$document" "$signature" "$nonce"
  announce identity "$instance_id"
}

# A disk made from an image fetches each block on first read. So the files that the runner needs are read while the machine
# is still asking what to run.
read_ahead() {
  cat "$RUNNER_HOME"/bin/* "$RUNNER_HOME"/externals/node[0-9][0-9]"/bin/node" >/dev/null 2>&1 || true
}

# Ubuntu updates itself soon after its first boot, and holds the package locks meanwhile. The timers and the download of
# package lists are stopped; an installation in progress is allowed to finish.
calm_packages() {
  command -v systemctl >/dev/null || return 0
  systemctl stop apt-daily.timer apt-daily-upgrade.timer || true
  systemctl --no-block stop apt-daily.service || true
}

# The libraries that .NET loads when it starts.
has_libraries() {
  local known library
  known="$(ldconfig -p)" || return 1
  for library in libicuuc libssl libgssapi_krb5 libz; do
    [[ $known == *"$library.so."* ]] || return 1
  done
}

# The runner's own installer does not support Amazon Linux. apt-get waits for the package lock only if configured to, and
# never for the lock of the package lists.
install_libraries() {
  local attempt
  export APT_CONFIG="$RUNNER_HOME/apt.conf"
  printf 'DPkg::Lock::Timeout "120";\n' >"$APT_CONFIG"
  for attempt in 1 2 3 4 5; do
    if has_libraries; then return; fi
    announce runner "installing its libraries"
    if command -v dnf >/dev/null; then
      dnf install --assumeyes --quiet libicu && return
    else
      bin/installdependencies.sh && return
    fi
    sleep "$((attempt * 5))"
  done
  stop runner "its libraries could not be installed"
}

install_runner() {
  id -u runner >/dev/null 2>&1 || useradd --create-home --shell "$BASH" runner
  if [[ -x $RUNNER_HOME/run.sh ]]; then
    announce runner "found in $RUNNER_HOME"
    return
  fi
  mkdir -p "$RUNNER_HOME"
  cd "$RUNNER_HOME"
  download_from_bucket || download_from_github || stop runner "neither the bucket nor GitHub gave a good archive"
  tar -xzf runner.tar.gz
  rm runner.tar.gz
  install_libraries
  chown -R runner: "$RUNNER_HOME"
}

# The bucket needs no credentials: it admits requests through this network's VPC endpoint.
download_from_bucket() {
  [[ -n $RUNNER_BUCKET ]] || return 1
  local url="${AWS_ENDPOINT_URL_S3:+$AWS_ENDPOINT_URL_S3/${RUNNER_BUCKET%%.*}}"
  url="${url:-https://$RUNNER_BUCKET}/runner/linux-$RUNNER_ARCHITECTURE"
  answer="$(curl --silent --show-error --fail --retry 2 --connect-timeout 5 --max-time 10 "$url/current")" || return 1
  if [[ -n $RUNNER_VERSION && $(field version) != "$RUNNER_VERSION" ]]; then
    announce runner "the bucket has $(field version), not $RUNNER_VERSION"
    return 1
  fi
  download "$url/$(field archive)" "${RUNNER_SHA256:-$(field sha256)}"
}

download_from_github() {
  local name='actions-runner-linux-' url="https://github.com/actions/runner/releases/download/v$RUNNER_VERSION"
  name+="$RUNNER_ARCHITECTURE-"
  if [[ -n $RUNNER_VERSION && -n $RUNNER_SHA256 ]]; then
    download "$url/$name$RUNNER_VERSION.tar.gz" "$RUNNER_SHA256"
    return
  fi
  answer="$(curl --silent --show-error --fail --location --retry 3 --max-time 30 "$RELEASE_URL")" || return 1
  # In GitHub's answer, a file's digest comes just before its URL.
  local file='"digest": ?"sha256:([0-9a-f]{64})"[^{}]*"browser_download_url": ?"([^"]*/'"$name"'[0-9.]+\.tar\.gz)"'
  [[ $answer =~ $file ]] || return 1
  download "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
}

# Saves the archive as runner.tar.gz. Fails if the download fails or its checksum differs from $2.
download() {
  announce runner "downloading $1"
  curl --silent --show-error --fail --location --retry 3 --connect-timeout 10 --max-time 300 \
    --output runner.tar.gz "$1" || return 1
  printf '%s  runner.tar.gz\n' "$2" | sha256sum --check --quiet && return
  announce runner "$1 does not have the checksum $2"
  return 1
}

# Keeps the job away from the machine's identity, and closes Systems Manager's remote access.
harden() {
  announce harden "blocking what a job must not reach"
  # Without waiting: the agent may be starting right now, or not be installed.
  if command -v systemctl >/dev/null; then
    systemctl --no-block stop amazon-ssm-agent snap.amazon-ssm-agent.amazon-ssm-agent || true
  fi
  shut_metadata iptables 169.254.169.254
  shut_metadata ip6tables fd00:ec2::254
}

# A job that can become root can reopen this, but the ticket is used up by then. A job that cannot become root must not
# reach it at all. The launch template makes the metadata service answer on its IPv4 address only. The rule blocks every
# user but root, because with newuidmap the job's user can become any of its 65,536 subordinate users.
shut_metadata() {
  if "$1" -w -I OUTPUT -d "$2" -m owner ! --uid-owner 0 -j REJECT; then return; fi
  [[ $ROOTLESS$1 != yesiptables ]] || stop harden "$1 failed, and jobs of this tier must not reach $2"
  announce harden "$1 failed: the job can reach $2"
}

# Jobs use sudo to install what they need, as on GitHub's hosted machines; access to Docker makes them root anyway.
settle_user() {
  if [[ $ROOTLESS != yes ]]; then
    usermod --append --groups docker runner || announce user "there is no Docker for the job"
    install -m 0440 /dev/stdin /etc/sudoers.d/90-mayfly <<<'runner ALL=(ALL) NOPASSWD: ALL' ||
      announce user "there is no sudo for the job"
    return
  fi
  usermod --groups "" runner || stop user "the runner's groups could not be taken away"
  if runuser -u runner -- sudo --non-interactive true 2>/dev/null; then
    stop user "this tier is rootless, but the image lets the user runner use sudo"
  fi
}

# Runs as root. Decoded in full first, so that its standard input is free.
run_extra_user_data() {
  [[ $EXTRA_USER_DATA =~ ^[A-Za-z0-9+/]+=*$ ]] || return 0
  announce extra-user-data "running this tier's own script"
  bash -euo pipefail -c "$(base64 -d <<<"$EXTRA_USER_DATA")" </dev/null ||
    stop extra-user-data "it failed with $?"
}

# Posts the request to path $1 of the claim URL, for at most $2 seconds; sets `status` (000: no answer) and `answer`.
post() {
  local reply
  reply="$(printf '%s' "$request" | curl --silent --show-error --max-time "${2:-30}" \
    --header 'content-type: application/json' --data-binary @- --write-out '\n%{http_code}' \
    "${CLAIM_URL%/}/$1")" || reply=$'\n000'
  status="${reply##*$'\n'}"
  answer="${reply%$'\n'*}"
}

# Prints the value of a key in the answer, which has lines of key=value.
field() {
  [[ $'\n'$answer =~ $'\n'"$1="([^$'\n']*) ]] || return 0
  printf '%s' "${BASH_REMATCH[1]}"
}

# Returns with `jit` set, or ends the script. The nonce stays the same, so a repeated request gets a lost answer again.
claim() {
  local delay=1 seconds
  while ((SECONDS < CLAIM_SECONDS)); do
    announce claim "asking what to run"
    post claim
    case "$status" in
      200) ;;
      000 | 429 | 5??)
        announce claim "got $status; again in $delay s"
        sleep "$delay"
        ((delay = delay < 16 ? delay * 2 : 16))
        continue
        ;;
      *) stop claim "refused with $status" ;;
    esac
    delay=1
    case "$(field action)" in
      run)
        jit="$(field jit)"
        gate="$(field gate)"
        mark claimed
        return
        ;;
      again)
        seconds="$(field seconds)"
        [[ $seconds =~ ^[0-9]{1,3}$ ]] || seconds=5
        announce claim "told to ask again in $seconds s"
        sleep "$seconds"
        ;;
      stand-down)
        announce stand-down "$(field why)"
        exit 0
        ;;
      *) stop claim "the answer has an unknown action" ;;
    esac
  done
  stop claim "nothing to run within $CLAIM_SECONDS s"
}

# The request also reports how long each part of the boot took.
confirm() {
  announce confirm "reporting that the runner starts"
  [[ $up =~ ^[0-9]+\.[0-9]{2}$ ]] || up=0.00
  printf -v request '%s,"gated":%s,"timings":{"up":%d,"prepared":%d,"claimed":%d}}' "${request%\}}" "${gated:-false}" \
    "$((10#${up/./} * 10))" "$((prepared - started))" "$((claimed - prepared))"
  post confirm
  [[ $status == 200 ]] || stop confirm "refused with $status"
}

# GitHub can forget a runner without notifying it, and then it listens forever. One check is enough: a runner that got its
# job is either still running it (there is a Worker process) or has ended.
watch_idle() {
  sleep "$IDLE_SECONDS"
  if pgrep -g "$1" -f Runner.Worker >/dev/null; then return; fi
  announce watchdog "no job within $IDLE_SECONDS s: stopping the listener"
  stop_runner "$1" "$STOP_SECONDS"
}

# EC2 announces the interruption of a spot machine two minutes ahead; until then this path returns 404. On SIGINT the
# listener cancels its job and reports that; otherwise GitHub would notice only minutes later.
watch_spot() {
  local fresh
  while sleep "$SPOT_POLL_SECONDS"; do
    fresh="$(new_token 2>/dev/null)" || continue
    if printf 'x-aws-ec2-metadata-token: %s\n' "$fresh" |
      curl --silent --fail --max-time 5 --header @- --output /dev/null \
        "${METADATA_URL%/}/latest/meta-data/spot/instance-action"; then break; fi
  done
  announce spot "EC2 is reclaiming this machine: stopping the runner"
  stop_runner "$1" "$CANCEL_SECONDS"
}

# Interrupts the listener in process group $1, and kills the whole group after $2 seconds.
stop_runner() {
  local process
  for process in $(pgrep -g "$1" -f Runner.Listener); do kill -INT "$process"; done
  sleep "$2"
  kill -KILL -- "-$1"
}

run_runner() {
  local runner watch watches=() result=0
  announce run "starting the runner"
  cd "$RUNNER_HOME"
  # With job control the runner gets its own process group; without it, bash would start it with SIGINT ignored.
  set -m
  ACTIONS_RUNNER_INPUT_JITCONFIG="$jit" runuser -u runner -- "$RUNNER_HOME/run.sh" &
  runner=$!
  watch_idle "$runner" &
  watches+=("$!")
  if [[ -n $gate ]]; then
    keep_gate "$runner" &
    watches+=("$!")
  fi
  if [[ $life_cycle == spot ]]; then
    watch_spot "$runner" &
    watches+=("$!")
  fi
  set +m
  unset jit request answer token
  wait "$runner" || result=$?
  for watch in "${watches[@]}"; do kill -- "-$watch" 2>/dev/null || true; done
  announce ended "the runner ended with $result"
}

announce boot "script started"
mark started
# Ends this machine whatever hangs from here on, even if the control plane is gone. The control plane's own deadlines are
# shorter.
shutdown --no-wall -P "+$LIFE_MINUTES" || announce watchdog "the power-off deadline could not be set"
read -r up _ <"$UPTIME_FILE" || up=0.00
read_ahead &
calm_packages
read_identity
install_runner
run_extra_user_data
settle_user
harden
mark prepared
claim
# The answer contains gate.sh if the platform must admit the job before its first step.
if [[ -n $gate ]]; then
  eval "$(base64 -d <<<"$gate")"
  install_gate
fi
confirm
run_runner
