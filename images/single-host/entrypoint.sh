#!/usr/bin/env bash
# What a container of a single host runs: one runner, for one job. It gets a just-in-time configuration by environment and
# nothing else; a container that was given a GitHub credential refuses to start. When it is told to end, a job that runs is
# cancelled and reported as such.
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
# Job control gives the runner a process group of its own; without it, bash would make it deaf to SIGINT.
set -m
./run.sh &
runner=$!
set +m
unset ACTIONS_RUNNER_INPUT_JITCONFIG

# On SIGINT the listener cancels its job and reports it; SIGTERM it would not pass on.
end() {
  local process
  for process in $(pgrep -g "$runner" -f Runner.Listener); do kill -INT "$process" 2>/dev/null || true; done
}
trap end TERM INT

# A signal interrupts the wait, not the runner.
result=0
while kill -0 "$runner" 2>/dev/null; do
  result=0
  wait "$runner" || result=$?
done
printf 'mayfly: the runner ended with %s\n' "$result"
exit "$result"
