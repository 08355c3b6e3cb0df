# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/demo sets root, demo, build and what the parts share
# The operator's side of the demo: keys, config, profile, genesis, policy. All of it is benctl.

make_benctl() {
  cat >"$demo/benctl" <<END
#!/usr/bin/env bash
# benctl with the demo's node profile.
export BENCTL_PROFILE="$demo/profile.json"
exec "$(find_program benctl)" "\$@"
END
  chmod +x "$demo/benctl"
}

make_keys() {
  local name
  for name in alice bob carol desk; do
    run "$demo/benctl" keygen --out "$demo/$name.pem" --insecure-plain | tee "$demo/$name.txt"
  done
}

public_key() { sed --quiet 's/^ *public key *//p' "$demo/$1.txt"; }

make_config() {
  run "$demo/benctl" config new --network regtest --threshold 2 --admin "$(public_key alice)" --admin "$(public_key bob)" \
    --admin "$(public_key carol)" --kms-key-arn "$key_arn" --kms-endpoint "$kms_url" --out "$demo/config.json"
}

make_profile() {
  run "$demo/benctl" profile new --url "$url" --root "$test_root" --measurements "$demo/measurements.json" \
    --config "$demo/config.json" --key "$demo/desk.pem"
}

make_wallet() {
  run "$demo/benctl" genesis --key "$demo/alice.pem" --key "$demo/bob.pem"
}

# Two administrators allow `desk` payments of at most 10 BTC, fee included.
make_policy() {
  run "$demo/benctl" policy new --requester "desk=$(public_key desk)" --outflow-max 1000000000 --out "$demo/policy.json"
  run "$demo/benctl" policy sign --policy "$demo/policy.json" --key "$demo/alice.pem" --key "$demo/bob.pem" --out "$demo/policy.dsse.json"
  run "$demo/benctl" policy set --policy "$demo/policy.dsse.json"
}

descriptors() { "$demo/benctl" descriptors --json 2>/dev/null | jq --raw-output '.descriptors[].descriptor'; }
address() { "$demo/benctl" address --account "$1" --index "$2" --json 2>/dev/null | jq --raw-output .address; }
