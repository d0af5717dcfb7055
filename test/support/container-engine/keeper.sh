#!/usr/bin/env bash
# Supervises one container: unpacks the image onto the container's own disk, runs the entrypoint, and records how it ended.
# It leads the container's session. When the first process has ended, all others in the session are ended too.
set -u
cd "$CONTAINER/disk" || exit 1
mkdir actions-runner && tar -xzf "$IMAGE/runner.tar.gz" -C actions-runner
export RUNNER_HOME="$CONTAINER/disk/actions-runner" HOME="$CONTAINER/disk"
folder="$CONTAINER" image="$IMAGE"
unset CONTAINER IMAGE
# Without job control, bash would start these processes with SIGINT ignored.
set -m
bash "$image/entrypoint.sh" >>"$folder/log" 2>&1 &
first=$!
set +m
printf '%s\n' "$first" >"$folder/first"
printf '%s\n' "$$" >"$folder/session.new" && mv "$folder/session.new" "$folder/session"
wait "$first"
result=$?
trap '' TERM
for other in $(ps -s "$$" -o pid= | tr -d ' '); do
  [[ $other == "$$" ]] || kill -KILL "$other" 2>/dev/null
done
printf '%s\n' "$result" >"$folder/exit.new" && mv "$folder/exit.new" "$folder/exit"
