#!/usr/bin/env bash
# In place of GitHub's runner program on the laptop: it registers with the GitHub stand-in, runs one job,
# and ends. It behaves as the real one where the boot script looks: run.sh has a Runner.Listener, a
# Runner.Worker is there while a job runs, SIGINT ends the listener, and its configuration comes by
# environment. It must not outlive its one job.
set -euo pipefail

if [[ ${1:-} != listen ]]; then
  result=0
  (exec -a Runner.Listener bash "${BASH_SOURCE[0]}" listen) || result=$?
  exit "$result"
fi

configuration="$(printf '%s' "${ACTIONS_RUNNER_INPUT_JITCONFIG:?must hold the JIT config}" | base64 -d)"
unset ACTIONS_RUNNER_INPUT_JITCONFIG

# One member of the JSON configuration, which is flat.
member() {
  [[ $configuration =~ \"$1\":\ *\"?([^\",}]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}
url="$(member url)"
token="$(member token)"

# Sets nothing; prints the answer's body and, on the last line, its status (000: no answer). What follows the
# path goes to curl.
call() {
  local method="$1" path="$2"
  shift 2
  printf 'authorization: Bearer %s\n' "$token" |
    curl --silent --show-error --max-time 60 --request "$method" --header @- --write-out '\n%{http_code}' \
      "$@" "$url/_runner/$path" || true
}

say() {
  printf 'runner: %s\n' "$1"
}

# As the real one, it ends with 0 whatever went wrong.
give_up() {
  say "$1"
  exit 0
}

children=()
running=''
# A job that runs is cancelled, and reported so.
interrupted() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  if [[ -n $running ]]; then
    call POST "jobs/$running/completed" --header 'content-type: application/json' \
      --data '{"conclusion":"cancelled"}' >/dev/null
  fi
  give_up "interrupted"
}
trap interrupted INT TERM

run_job() {
  local id="$1" milliseconds="$2" seconds reply
  printf -v seconds '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000))
  reply="$(call POST "jobs/$id/started")"
  [[ ${reply##*$'\n'} == 2?? ]] || give_up "job $id could not be started: ${reply##*$'\n'}"
  say "running job $id"
  # A shell around the sleep, because a sleep that is one program of many goes by its first argument.
  (exec -a Runner.Worker bash -c 'sleep "$1"; exit 0' _ "$seconds") &
  children=("$!")
  running="$id"
  wait "$!"
  running=''
  reply="$(call POST "jobs/$id/completed")"
  give_up "job $id completed: ${reply##*$'\n'}"
}

reply="$(call POST session)"
[[ ${reply##*$'\n'} == 2?? ]] || give_up "not registered: ${reply##*$'\n'}"
say "listening for jobs"
while :; do
  # Read from a process of its own, so that an interrupt is heard during a long poll.
  exec {answer}< <(call GET message)
  children=("$!")
  IFS= read -r -d '' reply <&"$answer" || true
  exec {answer}<&-
  case "${reply##*$'\n'}" in
    200)
      [[ $reply =~ job=([0-9]+) ]] || give_up "a message names no job"
      job="${BASH_REMATCH[1]}"
      [[ $reply =~ milliseconds=([0-9]+) ]] || give_up "a message says not how long the job takes"
      run_job "$job" "${BASH_REMATCH[1]}"
      ;;
    204) ;;
    *) give_up "no longer registered: ${reply##*$'\n'}" ;;
  esac
done
