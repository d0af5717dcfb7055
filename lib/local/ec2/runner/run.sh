#!/usr/bin/env bash
# Replaces GitHub's runner program on the laptop: it registers with the GitHub stand-in, runs one job, and ends. It behaves
# like the real one (actions/runner 2.336) as far as the boot script can tell: run.sh has a Runner.Listener, and gets its
# configuration from the environment. While a job runs, a Runner.Worker goes through the job's hook and steps, and a SIGINT
# to the listener ends them. It must not outlive its one job.
set -euo pipefail

readonly SELF="${BASH_SOURCE[0]}"

say() {
  printf 'runner: %s\n' "$1"
}

# Sends a request, and sets `status` (000: no answer) and `reply`. It uses HTTP/1.0, so that the answer ends with the
# connection. It starts no process: a curl for each request would take most of this program's time, and until curl is
# executed that process has the listener's name, so a signal for the listener would end it too. GitHub's listener is one
# process.
call() {
  local LC_ALL=C place="${url#http://}" body="${3:-}" until=$((SECONDS + 60)) head socket part answer='' result
  reply='' status=000
  exec {socket}<>"/dev/tcp/${place%:*}/${place##*:}" || return 0
  printf -v head '%s\r\n' "$1 /_runner/$2 HTTP/1.0" "host: $place" "authorization: Bearer $token" \
    'content-type: application/json' "content-length: ${#body}"
  printf '%s\r\n%s' "$head" "$body" >&"$socket" || true
  # bash handles a signal that arrives just before `read` only when the `read` ends, so each one is short: `read` returns
  # more than 128 when its time is up.
  while ((SECONDS < until)); do
    result=0
    IFS= read -r -d '' -t 5 -u "$socket" part || result=$?
    answer+="$part"
    if ((result <= 128)); then break; fi
  done
  exec {socket}>&-
  if [[ $answer =~ ^HTTP/1\.1\ ([0-9]{3})\ .*$'\r\n\r\n' ]]; then
    status="${BASH_REMATCH[1]}"
    reply="${answer#*$'\r\n\r\n'}"
  fi
}

# Prints one member of the JSON configuration, which is flat.
member() {
  [[ $configuration =~ \"$1\":\ *\"?([^\",}]+) ]] && printf '%s' "${BASH_REMATCH[1]}"
}

# Like the real one, it exits with 0 whatever went wrong.
give_up() {
  say "$1"
  exit 0
}

# While a job runs, the listener tells its worker that the runner is shutting down, and the worker ends the job. Source:
# JobDispatcher.cs.
worker=''
interrupted() {
  if [[ -n $worker ]]; then
    kill -USR1 "$worker" 2>/dev/null || true
    # A bare `return` would return the interrupted command's status, and `set -e` would end the listener.
    return 0
  fi
  give_up "interrupted"
}

# Passes on what the worker reports about its job: a line of the log, or the name of a step that begins. As in `call`, each
# read is short.
follow() {
  local id="$1" lines="$2" part line='' text result
  while :; do
    result=0
    IFS= read -r -t 0.5 -u "$lines" part || result=$?
    line+="$part"
    if ((result > 128)); then continue; fi
    if ((result != 0)); then break; fi
    text="${line#* }"
    text="${text//\\/\\\\}"
    call POST "jobs/$id/${line%% *}" "{\"text\":\"${text//\"/\\\"}\"}"
    line=''
  done
}

run_job() {
  local id="$1" message="$2" outcome='' lines result=0
  call POST "jobs/$id/started"
  [[ $status == 2?? ]] || give_up "job $id could not be started: $status"
  say "running job $id"
  # bash starts background processes with SIGINT ignored; GitHub's runner does not.
  exec {lines}< <(
    trap - INT
    exec -a Runner.Worker bash "$SELF" work <<<"$message"
  )
  worker=$!
  follow "$id" "$lines"
  exec {lines}<&-
  wait "$worker" || result=$?
  worker=''
  if ((result != 0)); then outcome='{"conclusion":"failure"}'; fi
  call POST "jobs/$id/completed" "$outcome"
  give_up "job $id completed: $status"
}

listen() {
  configuration="$(base64 -d <<<"${ACTIONS_RUNNER_INPUT_JITCONFIG:?must hold the JIT config}")"
  unset ACTIONS_RUNNER_INPUT_JITCONFIG
  url="$(member url)"
  token="$(member token)"
  trap interrupted INT TERM
  # If the other side hangs up while a request is being written, that counts as no answer.
  trap : PIPE
  call POST session
  [[ $status == 2?? ]] || give_up "not registered: $status"
  say "listening for jobs"
  while :; do
    call GET message
    case "$status" in
      200)
        [[ $reply =~ milliseconds=[0-9]+ ]] || give_up "a message says not how long the job takes"
        [[ $reply =~ job=([0-9]+) ]] || give_up "a message names no job"
        run_job "${BASH_REMATCH[1]}" "$reply"
        ;;
      204) ;;
      *) give_up "no longer registered: $status" ;;
    esac
  done
}

# The worker starts here. It reports on standard output, and exits with 0 if the job succeeded.
current='' output='' is_shut_down='' failed=''

# The job has failed; the running process gets SIGINT, and 7.5 seconds later SIGTERM. After that no step's condition is
# evaluated, not even always(). Source: JobRunner.cs (the message), StepsRunner.cs ("Skip evaluate condition on runner
# shutdown"; the result is Failed), ProcessInvoker.cs (_sigintTimeout).
shut_down() {
  is_shut_down=yes failed=yes
  echo "log ##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped," \
    "or a manually started runner is canceled."
  if [[ -n $current ]]; then kill -INT "$current" 2>/dev/null || true; fi
}

# Waits for the current process, despite signals that arrive meanwhile.
await_current() {
  local result=0 reminder=''
  while :; do
    result=0
    wait "$current" || result=$?
    kill -0 "$current" 2>/dev/null || break
    if [[ -z $reminder ]]; then
      # The hook's log ends once no process can write to it.
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

# Source: StepsRunner.cs. Anything else counts as success(), the default condition of a step.
may_run() {
  if [[ -n $is_shut_down ]]; then return 1; fi
  case "$1" in
    'always()') ;;
    'failure()') [[ -n $failed ]] ;;
    *) [[ -z $failed ]] ;;
  esac
}

# Shows a step's output as in the job's log. Source: ActionCommandManager.cs (`::error::` creates an issue).
log_lines() {
  local line
  while IFS= read -r line; do
    if [[ $line == ::error*::* ]]; then line="##[error]${line#::error*::}"; fi
    printf 'log %s\n' "$line"
  done
}

# The hook is the first of all pre-job steps, and runs under always(). Its environment is the runner program's own, with the
# job's GITHUB_* and RUNNER_* variables but none of the job's `env`; its exit code fails the job as any step's does. Source:
# JobExtension.cs (preJobSteps), JobHookProvider.cs, ScriptHandler.cs.
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

# On the laptop a step only takes time. A step whose name begins with "fail" fails at its end.
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

# Steps are lines of `step=STAGE CONDITION MILLISECONDS NAME`; if there are none, the job has one step. The pre-steps of
# actions (`pre:`) run before all main steps, under always() unless the action says otherwise. Source: ActionManager.cs
# (InitCondition), JobExtension.cs (preJobSteps, then jobSteps).
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
