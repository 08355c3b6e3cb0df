# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/demo sets root, demo, build and what the parts share
# The Bitcoin side of the demo: a real node that watches the enclave's descriptors, builds transactions, and mines.

bitcoin_cli() { "$root/scripts/regtest-node" cli "$demo/bitcoin" "$@"; }
watching() { bitcoin_cli -rpcwallet=watching "$@"; }
mine() { bitcoin_cli generatetoaddress "$1" "$2" >/dev/null; }

start_bitcoin() {
  "$root/scripts/regtest-node" start "$demo/bitcoin"
  cat >"$demo/bitcoin-cli" <<END
#!/usr/bin/env bash
# bitcoin-cli of the demo's node.
exec "$root/scripts/regtest-node" cli "$demo/bitcoin" "\$@"
END
  chmod +x "$demo/bitcoin-cli"
  say "$(bitcoin_cli getnetworkinfo | jq --raw-output '.subversion') on regtest, data in ${demo#"$root/"}/bitcoin"
}

# Imports the enclave's descriptors without any private key: the node can watch and build, and cannot sign.
watch_descriptors() { # DESCRIPTOR...
  bitcoin_cli -named createwallet wallet_name=watching disable_private_keys=true blank=true >/dev/null
  local requests
  requests="$(printf '%s\n' "$@" | jq --raw-input '{desc: ., active: true, timestamp: "now"}' | jq --slurp --compact-output .)"
  watching importdescriptors "$requests" | jq --exit-status 'all(.success)' >/dev/null ||
    fail "the node did not import the descriptors: $(watching importdescriptors "$requests")"
  say "imported watch-only: $(watching getwalletinfo | jq --raw-output '"private keys: \(.private_keys_enabled)"')"
}

# The inputs of the watching wallet that pay to addresses with one of the given beginnings, one for each beginning.
coins_of() { # PREFIX...
  local prefix
  for prefix in "$@"; do
    watching listunspent | jq --compact-output --arg prefix "$prefix" \
      '[.[] | select(.address | startswith($prefix))][0] | {txid, vout}'
  done | jq --slurp --compact-output .
}

# Builds a PSBT that spends one coin of each kind.
build_psbt() { # FILE SATS KIND...
  local file="$1" sats="$2" kind prefixes=() inputs amount
  for kind in "${@:3}"; do
    case "$kind" in
      p2wpkh) prefixes+=(bcrt1q) ;;
      p2tr) prefixes+=(bcrt1p) ;;
    esac
  done
  inputs="$(coins_of "${prefixes[@]}")"
  amount="$(printf '%d.%08d' "$((sats / 100000000))" "$((sats % 100000000))")"
  watching -named walletcreatefundedpsbt inputs="$inputs" outputs="[{\"$outside_address\":$amount}]" \
    options='{"add_inputs":false,"fee_rate":5}' | jq --raw-output .psbt >"$file"
}

# Finalizes, broadcasts and mines a signed PSBT, and shows the confirmation.
confirm() { # SIGNED_FILE
  local final txid
  final="$(bitcoin_cli finalizepsbt "$(<"$1")")"
  [[ "$(jq .complete <<<"$final")" == true ]] || fail "the node says that $1 is not complete: $final"
  txid="$(bitcoin_cli sendrawtransaction "$(jq --raw-output .hex <<<"$final")")"
  mine 1 "$outside_address"
  watching gettransaction "$txid" | jq --raw-output \
    '"     broadcast and mined: \(.txid)\n     block \(.blockheight) (\(.blockhash[0:16])…), confirmations: \(.confirmations)"'
  [[ "$(watching gettransaction "$txid" | jq .confirmations)" -ge 1 ]] || fail "$txid has no confirmation"
}

# One payment from the enclave's wallet, from the PSBT to the block.
pay() { # NAME SATS KIND...
  local name="$1"
  build_psbt "$demo/$name.psbt" "${@:2}"
  say "the node built ${demo#"$root/"}/$name.psbt: $2 sat, spending ${*:3}"
  run "$demo/benctl" sign --psbt "$demo/$name.psbt" --out "$demo/$name.signed.psbt"
  confirm "$demo/$name.signed.psbt"
}
