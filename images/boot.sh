#!/usr/bin/env bash
# What a machine runs when it boots: it proves who it is, claims one job's runner, runs it, and powers off.
# Every way out of this script powers off. It holds no credentials; what it is told in secret never reaches
# an argument, a file or the console. The stack fills in the words between at signs, each of which stands
# here once.
set -euo pipefail

readonly CLAIM_URL="@CLAIM_URL@"
readonly RUNNER_ARCHITECTURE="@RUNNER_ARCHITECTURE@"
# Both may be empty: then it is the current release, with the checksum that comes with it.
readonly RUNNER_VERSION="@RUNNER_VERSION@"
readonly RUNNER_SHA256="@RUNNER_SHA256@"
# Host name of the platform's own store of runner programs; empty where machines cannot reach it.
readonly RUNNER_BUCKET="@RUNNER_BUCKET@"
# Where GitHub tells of a release of actions/runner.
readonly RELEASE_URL="@RELEASE_URL@"
readonly IDLE_SECONDS="@IDLE_SECONDS@"
# No machine of the tier has reason to live longer.
readonly LIFE_MINUTES="@LIFE_MINUTES@"
# "yes": the job's user is to have no way of becoming root.
readonly ROOTLESS="@ROOTLESS@"
# What the tier adds to the boot: shell, as base64. Anything else means that it adds nothing.
readonly EXTRA_USER_DATA="@EXTRA_USER_DATA@"

readonly RUNNER_HOME="${RUNNER_HOME:-/opt/actions-runner}"
readonly UPTIME_FILE="${UPTIME_FILE:-/proc/uptime}"
readonly METADATA_URL="${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}"
# The platform gives up on a machine that has not confirmed long before this.
readonly CLAIM_SECONDS=1800
# How long the runner program may take to end once it was told to: idle, and with a job to cancel, which must
# be over within the two minutes that EC2 gives a spot machine.
readonly STOP_SECONDS=30
readonly CANCEL_SECONDS=90
readonly TOKEN_SECONDS=3600
readonly SPOT_POLL_SECONDS=5

# One line of the boot trace: time, step, detail.
announce() {
  local seconds="${EPOCHREALTIME%[.,]*}" fraction="${EPOCHREALTIME#*[.,]}" clock
  TZ=UTC printf -v clock '%(%Y-%m-%dT%H:%M:%S)T' "$seconds"
  printf 'mayfly %s.%sZ %s %s\n' "$clock" "${fraction:0:3}" "$1" "${2:-}"
}

# Sets a variable to this moment, in milliseconds.
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

# Sets each variable to what the metadata service has at its path, by one call for all of them: `NAME PATH` ... Tags can lag a
# moment behind the machine.
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
  announce metadata "reading who this machine is"
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
    stop metadata "the launch ticket holds characters that no ticket has"
  printf -v request '{"ticket":"%s","document":"%s","signature":"%s","nonce":"%s"}' \
    "$ticket" "$document" "$signature" "$nonce"
  announce identity "$instance_id"
}

# A disk that was made from an image fetches each block when it is first read. What the runner needs to start is
# read while the machine still asks what to run.
read_ahead() {
  cat "$RUNNER_HOME"/bin/* "$RUNNER_HOME"/externals/node[0-9][0-9]"/bin/node" >/dev/null 2>&1 || true
}

# Ubuntu updates itself soon after its first boot, and holds the locks of its packages meanwhile. The timers are
# stopped, and the download of lists; an installation that is under way must end by itself.
calm_packages() {
  command -v systemctl >/dev/null || return 0
  systemctl stop apt-daily.timer apt-daily-upgrade.timer || true
  systemctl --no-block stop apt-daily.service || true
}

# What .NET opens when it starts.
has_libraries() {
  local known library
  known="$(ldconfig -p)" || return 1
  for library in libicuuc libssl libgssapi_krb5 libz; do
    [[ $known == *"$library.so."* ]] || return 1
  done
}

# The runner's own installer does not know Amazon Linux, and apt-get waits for a lock only where it is told to; for
# that of its lists not even then.
install_libraries() {
  local attempt
  export APT_CONFIG="$RUNNER_HOME/apt.conf"
  printf 'DPkg::Lock::Timeout "120";\n' >"$APT_CONFIG"
  for attempt in 1 2 3 4 5; do
    if has_libraries; then return; fi
    announce runner "installing the libraries that it needs"
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

# The bucket takes no credentials: it knows the way by which this machine comes.
download_from_bucket() {
  [[ -n $RUNNER_BUCKET ]] || return 1
  local url="${AWS_ENDPOINT_URL_S3:+$AWS_ENDPOINT_URL_S3/${RUNNER_BUCKET%%.*}}"
  url="${url:-https://$RUNNER_BUCKET}/runner/linux-$RUNNER_ARCHITECTURE"
  answer="$(curl --silent --show-error --fail --retry 2 --connect-timeout 5 --max-time 10 "$url/current")" || return 1
  if [[ -n $RUNNER_VERSION && $(field version) != "$RUNNER_VERSION" ]]; then
    announce runner "the bucket has $(field version), and $RUNNER_VERSION is wanted"
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
  # GitHub tells a file's digest just before its address.
  local file='"digest": ?"sha256:([0-9a-f]{64})"[^{}]*"browser_download_url": ?"([^"]*/'"$name"'[0-9.]+\.tar\.gz)"'
  [[ $answer =~ $file ]] || return 1
  download "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
}

# Leaves runner.tar.gz here, or fails: it is not to be had, or has another checksum than this.
download() {
  announce runner "downloading $1"
  curl --silent --show-error --fail --location --retry 3 --connect-timeout 10 --max-time 300 \
    --output runner.tar.gz "$1" || return 1
  printf '%s  runner.tar.gz\n' "$2" | sha256sum --check --quiet && return
  announce runner "$1 does not have the checksum $2"
  return 1
}

# The job gets no view of the machine's identity, and nobody a way in through the account.
harden() {
  announce harden "closing what a job must not reach"
  # Not waited for: it may be starting at this very moment, or not be there at all.
  if command -v systemctl >/dev/null; then
    systemctl --no-block stop amazon-ssm-agent snap.amazon-ssm-agent.amazon-ssm-agent || true
  fi
  shut_metadata iptables 169.254.169.254
  shut_metadata ip6tables fd00:ec2::254
}

# A job that can become root opens this again, and finds a ticket past its use; one that cannot must not. The
# launch template has the metadata service answer on its IPv4 address alone. All but root are meant: by newuidmap
# the job's user can be any of its subordinate users, of whom the machine has 65,536.
shut_metadata() {
  if "$1" -w -I OUTPUT -d "$2" -m owner ! --uid-owner 0 -j REJECT; then return; fi
  [[ $ROOTLESS$1 != yesiptables ]] || stop harden "$1 failed, and jobs of this tier must not reach $2"
  announce harden "$1 failed: the job can reach $2"
}

# Jobs install what they need with sudo, as they do on GitHub's own machines; Docker would make them root anyway.
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

# As root, and whole before it runs, so that it may read its own standard input.
run_extra_user_data() {
  [[ $EXTRA_USER_DATA =~ ^[A-Za-z0-9+/]+=*$ ]] || return 0
  announce extra-user-data "running what this tier adds"
  bash -euo pipefail -c "$(base64 -d <<<"$EXTRA_USER_DATA")" </dev/null ||
    stop extra-user-data "it failed with $?"
}

# Posts the request to a path of the claim door, for at most so long; sets `status` (000: no answer) and `answer`.
post() {
  local reply
  reply="$(printf '%s' "$request" | curl --silent --show-error --max-time "${2:-30}" \
    --header 'content-type: application/json' --data-binary @- --write-out '\n%{http_code}' \
    "${CLAIM_URL%/}/$1")" || reply=$'\n000'
  status="${reply##*$'\n'}"
  answer="${reply%$'\n'*}"
}

# One value of the answer's key=value lines.
field() {
  [[ $'\n'$answer =~ $'\n'"$1="([^$'\n']*) ]] || return 0
  printf '%s' "${BASH_REMATCH[1]}"
}

# Returns with `jit` set, or ends the script. The nonce stays the same, so that a lost answer can be asked
# for again.
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
      *) stop claim "the answer has no action that this script knows" ;;
    esac
  done
  stop claim "nothing to run within $CLAIM_SECONDS s"
}

# Tells with it how long the boot took, step by step.
confirm() {
  announce confirm "saying that the runner starts"
  [[ $up =~ ^[0-9]+\.[0-9]{2}$ ]] || up=0.00
  printf -v request '%s,"gated":%s,"timings":{"up":%d,"prepared":%d,"claimed":%d}}' "${request%\}}" "${gated:-false}" \
    "$((10#${up/./} * 10))" "$((prepared - started))" "$((claimed - prepared))"
  post confirm
  [[ $status == 200 ]] || stop confirm "refused with $status"
}

# GitHub can forget a runner without telling it, which then listens for ever. A runner that got its one job
# either runs it (a Worker is there) or has ended, so that one look is enough.
watch_idle() {
  sleep "$IDLE_SECONDS"
  if pgrep -g "$1" -f Runner.Worker >/dev/null; then return; fi
  announce watchdog "no job within $IDLE_SECONDS s: stopping the listener"
  stop_runner "$1" "$STOP_SECONDS"
}

# EC2 says two minutes ahead that it takes a spot machine back: 404 until then. On SIGINT the listener cancels
# its job and reports it, which GitHub would otherwise find out by itself minutes later.
watch_spot() {
  local fresh
  while sleep "$SPOT_POLL_SECONDS"; do
    fresh="$(new_token 2>/dev/null)" || continue
    if printf 'x-aws-ec2-metadata-token: %s\n' "$fresh" |
      curl --silent --fail --max-time 5 --header @- --output /dev/null \
        "${METADATA_URL%/}/latest/meta-data/spot/instance-action"; then break; fi
  done
  announce spot "EC2 takes this machine back: stopping the runner"
  stop_runner "$1" "$CANCEL_SECONDS"
}

# Tells the listener in a process group to stop, and ends the whole group if it takes too long.
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
  # Job control gives the runner a process group of its own; without it, bash would make it deaf to SIGINT.
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
# Whatever hangs from here on, and whoever is left to look. The control plane has its own, shorter deadlines.
shutdown --no-wall -P "+$LIFE_MINUTES" || announce watchdog "no end of this machine could be set"
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
# The platform's own shell, gate.sh: it is in the answer where a job's first step is to wait for a yes.
if [[ -n $gate ]]; then
  eval "$(base64 -d <<<"$gate")"
  install_gate
fi
confirm
run_runner
