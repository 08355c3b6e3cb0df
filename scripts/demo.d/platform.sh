# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/demo sets root, demo, build and what the parts share
# The platform of the demo: the image, the emulated Nitro host, a local KMS with its key, and the broker.

readonly region=us-east-1
export AWS_ACCESS_KEY_ID=AKIDLOCALDEMO AWS_SECRET_ACCESS_KEY=local-demo-secret AWS_REGION="$region"

find_program() { find "$build" -type f -executable -name "$1" | grep . || fail "no $1 in $build"; }

# Starts a program in the background; its output goes to NAME.log, its pid to NAME.pid.
start_program() { # NAME ARGUMENT...
  local name="$1" path
  path="$(find_program "$name")"
  show "$path" "${@:2}"
  setsid "$path" "${@:2}" >>"$demo/$name.log" 2>&1 </dev/null &
  echo "$!" >"$demo/$name.pid"
  disown # it outlives the demo, and bash need not say when it is killed
}

# A pid may have been given to somebody else meanwhile: only the program that we started is ours to end.
started_pid() { # NAME
  local pid
  pid="$(cat "$demo/$1.pid" 2>/dev/null)" || return 1
  [[ "$(readlink "/proc/$pid/exe")" == */"$1"* ]] && echo "$pid"
}

wait_for() { # WHAT COMMAND...
  local i
  for ((i = 0; i < 300; ++i)); do
    if "${@:2}"; then return; fi
    sleep 0.1
  done
  tail --lines=5 "$demo"/*.log >&2
  fail "waited 30 s for $1"
}

end_program() { # NAME
  local pid
  pid="$(started_pid "$1")" || return 0
  kill "$pid"
  wait_for "$1 to end" has_ended "$1"
}
has_ended() { ! started_pid "$1" >/dev/null; }

make_image() {
  show scripts/build-local-image "$demo/signer.eif" "$build"
  "$root/scripts/build-local-image" "$demo/signer.eif" "$build" >"$demo/measurements.json"
  sed 's/^/     /' "$demo/measurements.json"
  pcr0="$(jq --raw-output '(.Measurements // .).PCR0' "$demo/measurements.json")"
}

start_kms() {
  start_program local-kms --state "$demo/kms" --root "$("$(find_program nitro-sim)" root --der)" \
    --account 111122223333 --credential "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" --port 0 --port-file "$demo/kms.port"
  wait_for "the KMS to listen" test -s "$demo/kms.port"
  kms_port="$(<"$demo/kms.port")"
  kms_url="http://127.0.0.1:$kms_port"
}

# A call as AWS's own tools would make it, signed by curl.
kms_call() { # OPERATION JSON
  curl --silent --show-error --fail-with-body --aws-sigv4 "aws:amz:$region:kms" \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" --header 'Content-Type: application/x-amz-json-1.1' \
    --header "X-Amz-Target: TrentService.$1" --data-binary "$2" "$kms_url"
}

make_kms_key() {
  key_arn="$(kms_call CreateKey '{"KeySpec":"RSA_3072","KeyUsage":"ENCRYPT_DECRYPT"}' | jq --raw-output .KeyMetadata.Arn)"
  say "KMS key: $key_arn (RSA_3072)"
}

# From now on the key opens things only for an enclave whose evidence shows this image and this config.
restrict_kms_key() {
  local pcr16
  pcr16="$("$demo/benctl" config pcr16 "$demo/config.json" --json | jq --raw-output .pcr16)"
  jq --null-input --arg pcr0 "$pcr0" --arg pcr16 "$pcr16" '{Version: "2012-10-17", Statement: [
    {Sid: "Administer", Effect: "Allow", Principal: {AWS: "arn:aws:iam::111122223333:root"}, Resource: "*",
     Action: ["kms:DescribeKey", "kms:GetPublicKey", "kms:PutKeyPolicy"]},
    {Sid: "OpenOnlyInTheEnclave", Effect: "Allow", Principal: {AWS: "arn:aws:iam::111122223333:root"}, Resource: "*",
     Action: "kms:Decrypt", Condition: {StringEqualsIgnoreCase: {
       "kms:RecipientAttestation:PCR0": $pcr0, "kms:RecipientAttestation:PCR16": $pcr16}}}]}' >"$demo/key-policy.json"
  kms_call PutKeyPolicy "$(jq --arg key "$key_arn" '{KeyId: $key, PolicyName: "default", Policy: tostring}' "$demo/key-policy.json")" >/dev/null
  say "key policy: Decrypt only for PCR0 ${pcr0:0:16}… with PCR16 ${pcr16:0:16}… (${demo#"$root/"}/key-policy.json)"
}

start_broker() {
  rm --force "$demo/broker.port"
  start_program enclave-broker --eif "$demo/signer.eif" --config "$demo/config.json" --store "$demo/store.sqlite" \
    --expected-measurement "$pcr0" --root "$test_root" --nitro-cli "$(find_program nitro-sim)" \
    --enclave-address "unix:$NITRO_SIM_DIR/cid-{cid}.sock:5000" --kms-endpoint "$kms_url" \
    --listen "127.0.0.1:${broker_port:-0}" --port-file "$demo/broker.port"
  wait_for "the broker to listen" test -s "$demo/broker.port"
  broker_port="$(<"$demo/broker.port")"
  url="http://127.0.0.1:$broker_port"
}

# The same image under another expected PCR0: the broker says so and exits with 1, and no enclave runs.
refuse_other_image() {
  local other before status=0
  other="$(printf '%096d' 1)" before="$(enclaves | jq length)"
  "$(find_program enclave-broker)" --eif "$demo/signer.eif" --config "$demo/config.json" --store "$demo/other.sqlite" \
    --expected-measurement "$other" --nitro-cli "$(find_program nitro-sim)" --enclave-name other \
    --enclave-address "unix:$NITRO_SIM_DIR/cid-{cid}.sock:5000" --listen 127.0.0.1:0 >"$demo/other.log" || status=$?
  jq --raw-output 'select(.level == "error") | "     \(.message) [\(.tag)]"' "$demo/other.log"
  say "exit status $status, enclaves before and after: $before, $(enclaves | jq length)"
  [[ $status -eq 1 && "$(enclaves | jq length)" == "$before" ]] || fail "an image that was not expected has to be refused"
}

answers() { curl --silent --fail --data '{"jsonrpc":"2.0","id":0,"method":"get_info"}' --header 'Content-Type: application/json' "$url/rpc" 2>/dev/null | grep --quiet '"result"'; }
is_ready() { curl --silent --fail --output /dev/null "$url/readyz"; }
enclaves() { "$(find_program nitro-sim)" describe-enclaves; }

# What the broker logged of the events named, since it was started last.
broker_said() { # EVENT...
  local events
  events="$(printf '%s\n' "$@" | jq --raw-input . | jq --slurp --compact-output .)"
  say "from the broker's log:"
  jq --slurp --compact-output --argjson events "$events" '.[([.[].event] | rindex("started")):][]
    | select(.event as $event | $events | index($event)) | del(.ts, .level, .pcr0, .pcr1, .pcr2)' "$demo/enclave-broker.log" |
    sed 's/^/     /'
}

kill_everything() {
  local pid enclave_pid
  pid="$(started_pid enclave-broker)"
  enclave_pid="$(enclaves | jq '.[0].ProcessID')"
  show kill -9 "$pid" "$enclave_pid"
  kill -9 "$pid" "$enclave_pid"
  wait_for "the broker to be gone" has_ended enclave-broker
}

# Ends what the demo started, in an order that leaves no enclave behind.
stop_everything() {
  [[ -d "$demo" ]] || return 0
  end_program enclave-broker
  if [[ -f "$demo/sim-folder" ]]; then
    NITRO_SIM_DIR="$(<"$demo/sim-folder")"
    export NITRO_SIM_DIR
    if [[ -d "$NITRO_SIM_DIR" ]]; then
      "$(find_program nitro-sim)" terminate-enclave --all >/dev/null
      rm --recursive --force "$NITRO_SIM_DIR"
    fi
  fi
  end_program local-kms
  if [[ -d "$demo/bitcoin" ]]; then "$root/scripts/regtest-node" stop "$demo/bitcoin"; fi
}
