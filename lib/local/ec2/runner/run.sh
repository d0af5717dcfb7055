#!/usr/bin/env bash
# In place of GitHub's runner program on the laptop: it registers with the GitHub stand-in, runs one job, and ends. It
# behaves as the real one (actions/runner 2.336) where the boot script looks: run.sh has a Runner.Listener, its
# configuration comes by environment, and while a job runs a Runner.Worker goes through the job's hook and its steps, which
# SIGINT to the listener ends. It must not outlive its one job.
set -euo pipefail

readonly SELF="${BASH_SOURCE[0]}"

say() {
  printf 'runner: %s\n' "$1"
}

# Prints the answer's body and, on the last line, its status (000: no answer). What follows the path goes to curl.
call() {
  local method="$1" path="$2"
  shift 2
  curl --silent --show-error --max-time 60 --request "$method" --header @- --write-out '\n%{http_code}' \
    "$@" "$url/_runner/$path" <<<"authorization: Bearer $token" || true
}

# As call, into `reply`, and made again where it has no status. Read from a process of its own: bash would forget a SIGINT
# that comes while it waits for a call which then ends well, and what it has forked for one has the listener's name, so that
# the signal would end it, too. GitHub's listener is one process.
report() {
  local answer
  reply=''
  until [[ -n $reply ]]; do
    exec {answer}< <(call "$@")
    IFS= read -r -d '' reply <&"$answer" || true
    exec {answer}<&-
  done
}

# One member of the JSON configuration, which is flat.
member() {
  [[ $configuration =~ \"$1\":\ *\"?([^\",}]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# As the real one, it ends with 0 whatever went wrong.
give_up() {
  say "$1"
  exit 0
}

# While a job runs, its worker hears that the runner shuts down, and ends it. Source: JobDispatcher.cs.
children=()
worker=''
interrupted() {
  if [[ -n $worker ]]; then
    kill -USR1 "$worker" 2>/dev/null || true
    # Without a number bash returns what the interrupted command had, and `set -e` would end the listener.
    return 0
  fi
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  give_up "interrupted"
}

# Passes on what the worker says of its job: a line of the log, or the name of a step that begins. A signal that comes just before
# bash begins to read is heard only when the read ends, so none takes long: `read` answers above 128 then.
follow() {
  local id="$1" lines="$2" part line='' text reply result
  while :; do
    result=0
    IFS= read -r -t 0.5 -u "$lines" part || result=$?
    line+="$part"
    if ((result > 128)); then continue; fi
    if ((result != 0)); then break; fi
    text="${line#* }"
    text="${text//\\/\\\\}"
    report POST "jobs/$id/${line%% *}" --header 'content-type: application/json' \
      --data-binary "{\"text\":\"${text//\"/\\\"}\"}"
    line=''
  done
}

run_job() {
  local id="$1" message="$2" reply lines result=0
  report POST "jobs/$id/started"
  [[ ${reply##*$'\n'} == 2?? ]] || give_up "job $id could not be started: ${reply##*$'\n'}"
  say "running job $id"
  # bash has what it starts in the background ignore SIGINT; GitHub's runner does not.
  exec {lines}< <(
    trap - INT
    exec -a Runner.Worker bash "$SELF" work <<<"$message"
  )
  worker=$!
  follow "$id" "$lines"
  exec {lines}<&-
  wait "$worker" || result=$?
  worker=''
  local outcome=()
  if ((result != 0)); then
    outcome=(--header 'content-type: application/json' --data-binary '{"conclusion":"failure"}')
  fi
  report POST "jobs/$id/completed" "${outcome[@]}"
  give_up "job $id completed: ${reply##*$'\n'}"
}

listen() {
  local reply answer
  configuration="$(printf '%s' "${ACTIONS_RUNNER_INPUT_JITCONFIG:?must hold the JIT config}" | base64 -d)"
  unset ACTIONS_RUNNER_INPUT_JITCONFIG
  url="$(member url)"
  token="$(member token)"
  trap interrupted INT TERM
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
        [[ $reply =~ milliseconds=[0-9]+ ]] || give_up "a message says not how long the job takes"
        [[ $reply =~ job=([0-9]+) ]] || give_up "a message names no job"
        run_job "${BASH_REMATCH[1]}" "$reply"
        ;;
      204) ;;
      *) give_up "no longer registered: ${reply##*$'\n'}" ;;
    esac
  done
}

# The worker: from here on. It says on its standard output what it does, and ends with 0 where the job succeeded.
current='' output='' is_shut_down='' failed=''

# The job has failed, and what runs is ended by SIGINT, or 7.5 seconds later by SIGTERM. From then on no step's condition is
# looked at, not even always(). Source: JobRunner.cs (the message), StepsRunner.cs ("Skip evaluate condition on runner
# shutdown"; the result is Failed), ProcessInvoker.cs (_sigintTimeout).
shut_down() {
  is_shut_down=yes failed=yes
  echo "log ##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped," \
    "or a manually started runner is canceled."
  if [[ -n $current ]]; then kill -INT "$current" 2>/dev/null || true; fi
}

# Waits for the process that runs, through the signals that come meanwhile.
await_current() {
  local result=0 reminder=''
  while :; do
    result=0
    wait "$current" || result=$?
    kill -0 "$current" 2>/dev/null || break
    if [[ -z $reminder ]]; then
      # The hook's log ends when nobody can write to it any more.
      (
        if [[ -n $output ]]; then exec {output}>&-; fi
        sleep 7.5
        kill -TERM "$current"
      ) >/dev/null 2>&1 &
      reminder=$!
    fi
  done
  current=''
  if [[ -n $reminder ]]; then kill "$reminder" 2>/dev/null || true; fi
  return "$result"
}

# Source: StepsRunner.cs. Anything else stands for success(), which is what a step without a condition has.
may_run() {
  if [[ -n $is_shut_down ]]; then return 1; fi
  case "$1" in
    'always()') ;;
    'failure()') [[ -n $failed ]] ;;
    *) [[ -z $failed ]] ;;
  esac
}

# As the job's log shows a step's output. Source: ActionCommandManager.cs (`::error::` makes an issue).
log_lines() {
  local line
  while IFS= read -r line; do
    if [[ $line == ::error*::* ]]; then line="##[error]${line#::error*::}"; fi
    printf 'log %s\n' "$line"
  done
}

# The first of all pre-job steps, under always(). Its environment is the runner program's own, with GITHUB_* and RUNNER_* of
# the job and none of the job's `env`; its exit code fails the job as any step's does. Source: JobExtension.cs (preJobSteps),
# JobHookProvider.cs, ScriptHandler.cs.
run_hook() {
  local hook="${ACTIONS_RUNNER_HOOK_JOB_STARTED:-}" result=0 writer
  if [[ -z $hook ]]; then return; fi
  echo "log A job started hook has been configured by the self-hosted runner administrator"
  if [[ ! -f $hook ]]; then
    echo "log ##[error]File doesn't exist"
    failed=yes
    return
  fi
  exec {output}> >(log_lines)
  writer=$!
  (
    trap - INT
    export GITHUB_ACTIONS=true CI=true GITHUB_REPOSITORY="$repository" GITHUB_RUN_ID="$run"
    export GITHUB_RUN_ATTEMPT="$attempt" RUNNER_OS=Linux
    exec bash -e "$hook" >&"$output" 2>&1 </dev/null
  ) &
  current=$!
  await_current || result=$?
  exec {output}>&-
  output=''
  wait "$writer" || true
  if ((result != 0)); then failed=yes; fi
  if [[ $result != 0 && -z $is_shut_down ]]; then echo "log ##[error]Process completed with exit code $result."; fi
}

# On the laptop a step only takes its time. One whose name begins with "fail" fails after it.
run_step() {
  local condition="$1" milliseconds="$2" name="$3" seconds result=0
  may_run "$condition" || return 0
  if [[ -n $name ]]; then echo "step $name"; fi
  printf -v seconds '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000))
  (
    trap - INT
    exec sleep "$seconds"
  ) >/dev/null &
  current=$!
  await_current || result=$?
  if [[ $result != 0 || $name == fail* ]]; then failed=yes; fi
}

# Steps are lines `step=STAGE CONDITION MILLISECONDS NAME`; without any, there is one. What actions do before (`pre:`) comes
# before all main steps, under always() unless the action says otherwise. Source: ActionManager.cs (InitCondition),
# JobExtension.cs (preJobSteps, then jobSteps).
work() {
  local milliseconds='' repository='' run='' attempt='' steps=() line stage of condition takes name
  while IFS= read -r line; do
    case "$line" in
      milliseconds=*) milliseconds="${line#*=}" ;;
      repository=*) repository="${line#*=}" ;;
      run=*) run="${line#*=}" ;;
      attempt=*) attempt="${line#*=}" ;;
      step=*) steps+=("${line#*=}") ;;
    esac
  done
  if ((${#steps[@]} == 0)); then steps=("main success() $milliseconds"); fi
  trap shut_down USR1
  run_hook
  for stage in pre main; do
    for step in "${steps[@]}"; do
      read -r of condition takes name <<<"$step"
      if [[ $of == "$stage" ]]; then run_step "$condition" "$takes" "$name"; fi
    done
  done
  [[ -z $failed ]]
}

case "${1:-}" in
  listen) listen ;;
  work) work ;;
  *)
    result=0
    (exec -a Runner.Listener bash "$SELF" listen) || result=$?
    exit "$result"
    ;;
esac
