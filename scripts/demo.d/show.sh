# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/demo sets root, demo, build and what the parts share
# How the demo speaks: numbered steps, the commands as one would type them, and what came of them.

step_number=0
if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold="" dim="" plain=""; fi

step() { printf '\n%s%d. %s%s\n' "$bold" "$((++step_number))" "$*" "$plain"; }
say() { printf '   %s\n' "$*"; }
fail() { printf '\ndemo: %s\n' "$*" >&2; exit 1; }

# Prints a command as it is typed in the root of the repository, broken where it grows long.
show() {
  local word line="   \$"
  for word in "$@"; do
    word="${word//"$root/"/}"
    [[ "$word" =~ ^[A-Za-z0-9_./:=@,+-]+$ ]] || word="'$word'"
    if [[ "$word" == -* && ${#line} -gt 90 ]]; then
      printf '%s%s \\%s\n' "$dim" "$line" "$plain"
      line="      "
    fi
    line+=" $word"
  done
  printf '%s%s%s\n' "$dim" "$line" "$plain"
}

# Shows a command, runs it, and shows what it says.
run() {
  show "$@"
  "$@" 2>&1 | sed 's/^/     /'
}

# The same, for a command that has to say no.
run_refused() {
  local said status=0
  show "$@"
  said="$("$@" 2>&1)" || status=$?
  printf '%s\n' "$said" | sed 's/^/     /'
  [[ $status -eq 1 ]] || fail "the command above had to be refused (exit 1), but its exit status is $status"
}
