# The start gate of a machine, for boot.sh: claim's answer holds it where a tenant's jobs may not all run. Before the first
# step of the job that GitHub gave it, root asks the platform, and ends the runner unless the answer is yes. The papers never
# leave root's process.
# shellcheck shell=bash disable=SC2034,SC2154 # boot.sh has the rest of it.

# Where the hook of a job asks root; only root changes what is there.
readonly GATE_FOLDER="${GATE_FOLDER:-/run/mayfly}"
# How long the platform may take to answer, and the runner to end if it may not begin.
readonly GATE_SECONDS="${GATE_SECONDS:-15}"
readonly REFUSED_SECONDS=20

# GitHub's runner runs this hook before all else of a job. Its exit code alone would stop neither steps under always() nor
# what actions do before: without a yes it says why, and waits to be ended, whatever became of root's side.
install_gate() {
  mkdir -p "$GATE_FOLDER"
  mkfifo -m 0666 "$GATE_FOLDER/ask" "$GATE_FOLDER/answer"
  # However strict the umask is: the job's user must be able to write to a pipe.
  chmod 0755 "$GATE_FOLDER"
  chmod 0666 "$GATE_FOLDER/ask" "$GATE_FOLDER/answer"
  cat >"$GATE_FOLDER/job-started.sh" <<HOOK
exec 3<>"$GATE_FOLDER/ask" 4<>"$GATE_FOLDER/answer"
printf '%s %s\n' "\$GITHUB_REPOSITORY" "\$GITHUB_RUN_ID" >&3
read -r -t $((GATE_SECONDS + 45)) -u 4 word why || why="Nobody could be asked whether this job may run."
if [[ \$word == admit ]]; then exit 0; fi
echo "::error title=Mayfly::\$why"
echo told >&3
while :; do read -r -t 3600 -u 4 word || continue; done
HOOK
  chmod 0644 "$GATE_FOLDER/job-started.sh"
  export ACTIONS_RUNNER_HOOK_JOB_STARTED="$GATE_FOLDER/job-started.sh"
  gated=true
}

# Root's side: anything but a yes in time ends the runner in the process group $1, by SIGINT, under which it runs no step.
keep_gate() {
  local ask answers repository run why=''
  exec {ask}<>"$GATE_FOLDER/ask" {answers}<>"$GATE_FOLDER/answer"
  read -r -u "$ask" repository run || true
  local until=$((SECONDS + GATE_SECONDS))
  announce gate "asking whether the job may run"
  if [[ $repository =~ ^[A-Za-z0-9._/-]+$ && $run =~ ^[1-9][0-9]{0,14}$ ]]; then
    printf -v request '%s,"hint":{"repository":"%s","runId":%s}}' "${request%\}}" "$repository" "$run"
  fi
  while ((SECONDS < until)); do
    post start "$((until - SECONDS))"
    case "$status-$(field action)" in
      200-admit)
        announce gate "the job may run"
        request='' answer=''
        echo admit >&"$answers"
        return
        ;;
      200-reject)
        why="$(field why)"
        break
        ;;
      200-again) why="$(field why)" ;;
      # Too many ask at once: no word on the job.
      429-*) ;;
      4??-) break ;;
    esac
    sleep 1
  done
  why="${why:-Nobody said in time whether this job may run. Run it again.}"
  announce gate "the job may not run: $why"
  printf 'reject %s\n' "$why" >&"$answers"
  read -r -t 5 -u "$ask" || true
  stop_runner "$1" "$REFUSED_SECONDS"
}
