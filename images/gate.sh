# The start gate of a machine. claim sends it to boot.sh where some of a tenant's jobs may not run. Before the first step of
# the job that GitHub assigned, root asks the platform, and stops the runner unless the answer is "admit". The machine's
# credentials (ticket, identity document, signature, nonce) never leave root's process.
# shellcheck shell=bash disable=SC2034,SC2154 # boot.sh has the rest of it.

# Where the job's hook talks to root. Only root can change files here.
readonly GATE_FOLDER="${GATE_FOLDER:-/run/mayfly}"
# How long the platform may take to answer, and how long a runner whose job was refused may take to stop.
readonly GATE_SECONDS="${GATE_SECONDS:-15}"
readonly REFUSED_SECONDS=20

# GitHub's runner runs this hook before everything else in a job. A failing exit code would stop neither steps with always()
# nor the pre-steps of actions. So without "admit" the hook prints the reason and waits to be killed, whatever happens to
# root's process.
install_gate() {
  mkdir -p "$GATE_FOLDER"
  mkfifo -m 0666 "$GATE_FOLDER/ask" "$GATE_FOLDER/answer"
  # Set explicitly, whatever the umask: the job's user must be able to write to the pipes.
  chmod 0755 "$GATE_FOLDER"
  chmod 0666 "$GATE_FOLDER/ask" "$GATE_FOLDER/answer"
  cat >"$GATE_FOLDER/job-started.sh" <<HOOK
exec 3<>"$GATE_FOLDER/ask" 4<>"$GATE_FOLDER/answer"
printf '%s %s\n' "\$GITHUB_REPOSITORY" "\$GITHUB_RUN_ID" >&3
read -r -t $((GATE_SECONDS + 45)) -u 4 word why || why="Mayfly could not be asked whether this job may run."
if [[ \$word == admit ]]; then exit 0; fi
echo "::error title=Mayfly::\$why"
echo told >&3
while :; do read -r -t 3600 -u 4 word || continue; done
HOOK
  chmod 0644 "$GATE_FOLDER/job-started.sh"
  export ACTIONS_RUNNER_HOOK_JOB_STARTED="$GATE_FOLDER/job-started.sh"
  gated=true
}

# Root's side: unless "admit" arrives in time, it stops the runner in process group $1 with SIGINT, after which the runner
# starts no further step.
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
      # Throttled: this says nothing about the job.
      429-*) ;;
      4??-) break ;;
    esac
    sleep 1
  done
  why="${why:-No decision on whether this job may run came in time. Run it again.}"
  announce gate "the job may not run: $why"
  printf 'reject %s\n' "$why" >&"$answers"
  read -r -t 5 -u "$ask" || true
  stop_runner "$1" "$REFUSED_SECONDS"
}
