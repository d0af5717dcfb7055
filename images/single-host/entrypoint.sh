#!/usr/bin/env bash
# Runs in each container of a single host: one runner, for one job. It gets a just-in-time configuration from its
# environment and nothing else; it refuses to start if it was given a GitHub credential. When the container is stopped, a
# running job is cancelled and reported as cancelled.
set -euo pipefail

readonly RUNNER_HOME="${RUNNER_HOME:-/opt/actions-runner}"

refuse() {
  printf 'mayfly: %s\n' "$1" >&2
  exit 64
}

for name in GITHUB_TOKEN GH_TOKEN GITHUB_APP_PRIVATE_KEY RUNNER_TOKEN ACCESS_TOKEN; do
  [[ -z ${!name:-} ]] || refuse "$name does not belong in a container: the job could read it. Leave it with the supervisor on the host."
done
[[ -n ${ACTIONS_RUNNER_INPUT_JITCONFIG:-} ]] ||
  refuse "there is no just-in-time configuration. Start runners with: npx mayfly host start"
[[ -x $RUNNER_HOME/run.sh ]] || refuse "$RUNNER_HOME has no runner program. Build the image again: npx mayfly host init --build"

cd "$RUNNER_HOME"
# With job control the runner gets its own process group; without it, bash would start it with SIGINT ignored.
set -m
./run.sh &
runner=$!
set +m
unset ACTIONS_RUNNER_INPUT_JITCONFIG

# On SIGINT the listener cancels its job and reports that. It would not pass on SIGTERM.
end() {
  local process
  for process in $(pgrep -g "$runner" -f Runner.Listener); do kill -INT "$process" 2>/dev/null || true; done
}
trap end TERM INT

# A signal interrupts the wait but not the runner.
result=0
while kill -0 "$runner" 2>/dev/null; do
  result=0
  wait "$runner" || result=$?
done
printf 'mayfly: the runner ended with %s\n' "$result"
exit "$result"
