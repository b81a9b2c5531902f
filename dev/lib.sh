# shellcheck shell=bash disable=SC2034 # its variables are used by those who source it
# Shared by every script in dev/: where things are, how progress is shown, how failures are told.
# Promises: sourcing it changes nothing on disk and takes a few milliseconds.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/vigie"

# Names that this room may change between releases are pinned here and in dev/kafka/pom.xml and dev/npm/package.json.
kafka_version=$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$root/dev/kafka/pom.xml")
kafka_home="$cache/kafka-$kafka_version"
wasm_bindgen_version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' "$root/Cargo.lock")
bindgen_home="$cache/bindgen-$wasm_bindgen_version-$(cksum <"$root/dev/bindgen/Cargo.lock" | cut -d ' ' -f 1)"
npm_home="$cache/npm-$(cksum <"$root/dev/npm/package-lock.json" | cut -d ' ' -f 1)"

# Where the class-data archive for this Kafka and this Java is, or will be.
kafka_archive() {
  local release
  release=$(dirname "$(readlink -f "$(command -v java)")")/../release
  printf '%s/classes-%s.jsa' "$kafka_home" "$(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"/\1/p' "$release")"
}

say() { printf '%s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# elapsed MICROSECONDS_SINCE_EPOCH: seconds since then, one decimal.
elapsed() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - $1) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# step NAME COMMAND...: run it, say how long it took. Output goes through; a failure is passed on.
step() {
  local name=$1 begin=${EPOCHREALTIME/[.,]/} status=0
  shift
  say "» $name"
  "$@" || status=$?
  if ((status == 0)); then
    say "  $name: $(elapsed "$begin") s"
  else
    say "  $name failed after $(elapsed "$begin") s (status $status)"
  fi
  return "$status"
}

# beside LOG COMMAND...: starts it in the background, in a process group of its own; output goes to LOG, its id to
# `beside_pid`. `join` waits for it.
beside() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  beside_pid=$!
  set +m
}

# join PID LOG: waits for what `beside` started; every 10 s a line of progress; on failure the end of LOG is shown.
join() {
  local worker=$1 log=$2 begin=${EPOCHREALTIME/[.,]/} status=0 ticks=0
  while kill -0 "$worker" 2>/dev/null; do
    sleep 0.1
    ticks=$((ticks + 1))
    if ((ticks % 100 == 0)); then say "    … $(elapsed "$begin") s  $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"; fi
  done
  wait "$worker" || status=$?
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    say "  the whole log: $log"
  fi
  return "$status"
}

# end_beside PID: ends what `beside` started, with everything it started.
end_beside() { [[ -z $1 ]] || kill -TERM -- "-$1" 2>/dev/null || true; }

# quietly LOG COMMAND...: `beside` and `join` at once, ended with the caller.
quietly() {
  local log=$1 beside_pid
  beside "$@"
  join "$beside_pid" "$log"
}

# start_time PID: the kernel's start time of a process; with the id it names a process for good.
start_time() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086 # split on purpose: field 20 after the command's name
  set -- $stat
  [[ $1 != Z ]] || return 1
  printf '%s' "${20}"
}

# in_use PORT: somebody listens there on loopback.
in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# postgres_program NAME: its path, from one folder that has server, initdb and psql: PATH's, else the distribution's newest.
postgres_program() {
  local server folder
  for server in "$(readlink -f "$(command -v postgres || true)")" $(compgen -G '/usr/lib/postgresql/*/bin/postgres' | sort -rV); do
    folder=${server%/*}
    if [[ -x $folder/postgres && -x $folder/initdb && -x $folder/psql ]]; then
      printf '%s/%s' "$folder" "$1"
      return 0
    fi
  done
  fail "no PostgreSQL here; dev/toolchain says how to get it"
}
