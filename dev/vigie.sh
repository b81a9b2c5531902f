# shellcheck shell=bash disable=SC2034 # its variables are used by those who source it
# Starting and stopping one vigie process, for dev/run and dev/e2e. Source after lib.sh.
# Promises: the process is out of reach of the terminal's Ctrl-C, holds no output of the caller, and is ended by its
# own number and start time only.

binary=${CARGO_TARGET_DIR:-$root/target}/debug/vigie
vigie_pid='' vigie_started=''

# answers PORT PATH: the status line says 200.
answers() {
  local line=''
  {
    exec 4<>"/dev/tcp/127.0.0.1/$1" &&
      printf 'GET %s HTTP/1.1\r\nhost: 127.0.0.1:%s\r\nconnection: close\r\n\r\n' "$2" "$1" >&4 &&
      read -r -t 5 line <&4
    exec 4>&-
  } 2>/dev/null
  [[ $line == *' 200'* ]]
}

# free_port PREFERRED: the first one from there on that nobody listens on.
free_port() {
  local port=$1
  while in_use "$port"; do port=$((port + 1)); done
  printf '%s' "$port"
}

# secret FILE: made once, for this user's eyes.
secret() {
  [[ -s $1 ]] || (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$1")
  cat "$1"
}

# vigie_start LOG PORT: runs `vigie serve` until it says that it is ready.
vigie_start() {
  local log=$1 port=$2 end=$((SECONDS + 60))
  VIGIE_LISTEN=127.0.0.1:$port setsid "$binary" serve >>"$log" 2>&1 </dev/null &
  vigie_pid=$!
  vigie_started=$(start_time "$vigie_pid") || true
  until answers "$port" /health/ready; do
    if [[ $(start_time "$vigie_pid") != "$vigie_started" || $SECONDS -ge $end ]]; then
      tail -n 20 "$log" >&2
      say "error: vigie did not become ready on port $port; its log: $log"
      return 1
    fi
    sleep 0.1
  done
}

# descendants PID: the processes below it, one a line.
descendants() {
  local child
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null || true); do
    printf '%s\n' "$child"
    descendants "$child"
  done
}

# end_process PID STARTED SECONDS: asks it and what it waits for to stop (vigie drains), then insists.
end_process() {
  local end=$((SECONDS + $3))
  [[ -n $1 && $(start_time "$1" || true) == "$2" ]] || return 0
  # shellcheck disable=SC2046 # a list of numbers
  kill -TERM "$1" $(descendants "$1") 2>/dev/null || true
  while [[ $(start_time "$1" || true) == "$2" ]]; do
    if ((SECONDS >= end)); then kill -KILL "$1" 2>/dev/null || true; fi
    sleep 0.05
  done
}
