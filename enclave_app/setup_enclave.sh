#!/usr/bin/env bash
# usage: setup_enclave.sh [SETTINGS.json]
#
# Makes this host (Amazon Linux 2023, as root) a node: builds or takes the enclave image, measures it and compares, then
# installs and starts the broker. user_data calls it at first boot with the settings it wrote; a person may call it again,
# and it changes only what differs. Nothing is installed or enabled before every check has passed. A failure ends in one
# line, STOPPED, that says what to do.
set -euo pipefail
shopt -s inherit_errexit
umask 022

readonly settings="${1:-/etc/bitcoin-enclave-node/settings.json}"
here="$(dirname "$(realpath "$0")")"
source="$(dirname "$here")"
readonly here source
readonly dist="$source/dist" deploy="$here/deploy" units=/etc/systemd/system
readonly etc=/etc/bitcoin-enclave-node home=/opt/bitcoin-enclave-node state=/var/lib/bitcoin-enclave-node

say() { printf 'bitcoin-enclave-node: %s\n' "$*"; }
stopped=""
stop() {
  say "STOPPED: $*" >&2
  stopped=yes
  exit 1
}
leave() { # COMMAND, the last one: whatever else failed ends in such a line too
  local status=$?
  rm --recursive --force "$work"
  [[ $status -ne 0 && -z "$stopped" ]] || return 0
  stop "'$1' failed with $status: its message stands above; mend that, then run this again"
}
must() { # ADVICE COMMAND...
  local advice="$1"
  shift
  "$@" || stop "$1 failed: $advice"
}

# Every setting as one line of text, read once; those of several lines are only asked whether they are there.
declare -A values=()
read_settings() {
  local key text
  jq --exit-status 'type == "object"' "$settings" >/dev/null 2>&1 || stop "$settings is not a JSON object: run the instance's user data again"
  while IFS=$'\t' read -r key text; do values["$key"]="$text"; done < <(
    jq --raw-output 'to_entries[] | [.key, (.value // "" | tostring)] | @tsv' "$settings")
}
setting() { printf '%s' "${values["$1"]-}"; }

# What people look for, where they look: on standard output, in the journal, on the system console.
announce() {
  say "$*"
  logger --tag bitcoin-enclave-node -- "$*"
  { printf 'bitcoin-enclave-node: %s\n' "$*" >>/dev/console; } 2>/dev/null || true # not every host has one
}

# Settings reach an environment file, so they hold nothing but what is named here.
want() { # KEY PATTERN EXAMPLE
  local value
  value="$(setting "$1")"
  [[ "$value" =~ ^($2)$ ]] || stop "$1 is ${value@Q} in $settings: want $3"
}
check_settings() {
  want name '[A-Za-z0-9][A-Za-z0-9._-]{0,127}' 'letters, digits, . _ -'
  want region '[a-z]{2}(-[a-z]+)+-[0-9]' 'a region, for example us-east-1'
  want expected_measurement '([0-9a-f]{96})?' 'PCR0, 96 lower-case hex digits, or nothing before the first build'
  want expected_pcr16 '([0-9a-f]{96})?' 'PCR16, 96 lower-case hex digits, or nothing'
  want enclave_cpu_count '[1-9][0-9]{0,2}' 'a number, for example 2'
  want enclave_memory_mib '[1-9][0-9]{1,6}' 'MiB, for example 256'
  want log_group '([A-Za-z0-9._/#-]{1,512})?' 'the name of a log group'
  want data_volume_device '(/dev/[A-Za-z0-9._/-]+)?' 'a device, for example /dev/disk/by-id/nvme-...'
  want blob_bucket '([a-z0-9][a-z0-9.-]{1,62})?' 'the name of a bucket'
  want api_listen '([0-9.]+:[0-9]{1,5})?' 'ADDRESS:PORT, for example 127.0.0.1:8080'
}

# In the container of image/Dockerfile. Its base and package source are pinned by image/builder.json of the repository,
# {"BASE": "debian:bookworm-slim@sha256:...", "PACKAGES": "...", "SECURITY": "..."}; without it the build takes what Debian
# has today, and the measurement says whether that is still the same. A build of the same commit is not made again.
build() {
  local commit container pins="$source/image/builder.json" arguments=(--build-arg BASE=debian:bookworm-slim)
  commit="$(setting git_ref)"
  if [[ "$(cat "$dist/.commit" 2>/dev/null)" == "$commit" ]]; then say "dist is of $commit already"; return; fi
  must "see: journalctl --unit docker" systemctl start docker.service
  if [[ -f "$pins" ]]; then
    jq --exit-status 'type == "object" and all(.[]; type == "string")' "$pins" >/dev/null 2>&1 || stop "$pins is not an object of texts: see setup_enclave.sh for its form"
    mapfile -t arguments < <(jq --raw-output 'to_entries[] | "--build-arg", "\(.key)=\(.value)"' "$pins")
  else
    say "image/builder.json is not there: the container is not pinned, and PCR0 may differ from that of another day"
  fi
  must "its last lines say why; nothing was installed" \
    docker build --quiet --target host --tag bitcoin-enclave-node:build "${arguments[@]}" --file "$source/image/Dockerfile" "$source"
  container="$(docker create bitcoin-enclave-node:build none)" || stop "docker create failed: see journalctl --unit docker"
  rm --recursive --force "$dist"
  must "the image has no /dist: is this the Dockerfile of the same commit?" docker cp "$container:/dist" "$dist"
  must "see: journalctl --unit docker" docker rm "$container" >/dev/null
  echo "$commit" >"$dist/.commit"
  must "see: journalctl --unit docker" systemctl stop docker.service docker.socket # the node needs none, and its memory is the enclave's
}

# Sets pcr0. The program that measures came with the image: this compares what was fetched with what was expected, on the
# host. That the right image runs is what its evidence proves to a client.
measure() {
  local file expected measured
  expected="$(setting expected_measurement)"
  for file in enclave.eif enclave-broker benctl; do
    [[ -f "$dist/$file" ]] || stop "there is no $file in $dist: the image or build is not complete; push it again, or delete $dist and run this again"
  done
  measured="$("$dist/benctl" eif measure "$dist/enclave.eif")" || stop "benctl cannot measure $dist/enclave.eif: it is no enclave image; build or push it again"
  pcr0="$(jq --raw-output '.Measurements // . | .PCR0' <<<"$measured")"
  announce "Actual EIF PCR0 Measurement: $pcr0"
  if [[ -z "$expected" ]]; then
    announce "expected_measurement is blank: the node runs, but makes no keys. Compare the PCR0 above with one that you trust, set expected_measurement, apply again"
  elif [[ "$pcr0" != "$expected" ]]; then
    stop "the image's PCR0 is not expected_measurement $expected: it is not the image that was reviewed. Nothing was installed. Review it and set expected_measurement to its PCR0, or build the commit that was reviewed"
  fi
}

# The config's exact bytes are measured into PCR16, so nothing is added to them, not even a last newline. Without one the
# node gets a config whose only administrator is nobody: it runs, its evidence can be verified, and it never has a key.
write_config() {
  local key expected pcr16 arn
  expected="$(setting expected_pcr16)" key="$(setting kms_key_arn)"
  if [[ -n "$(setting signer_config)" ]]; then
    jq --join-output .signer_config "$settings" >"$work/config.json"
  else
    cp "$deploy/empty-config.json" "$work/config.json"
    say "signer_config is blank: the node stays EMPTY and makes no keys"
  fi
  pcr16="$("$dist/benctl" config pcr16 "$work/config.json" --json | jq --raw-output .pcr16)" ||
    stop "signer_config is not a config that this signer takes: make it with 'benctl config new'"
  say "PCR16 of the config: $pcr16"
  [[ -z "$expected" || "$pcr16" == "$expected" ]] || stop "the config's PCR16 is not expected_pcr16 $expected: signer_config was changed on its way, or expected_pcr16 is of another config"
  arn="$(jq --raw-output '.kms.key_arn? // ""' "$work/config.json")"
  [[ -z "$arn" || -z "$key" || "$arn" == "$key" ]] || stop "signer_config seals to $arn, but kms_key_arn is $key: make the config for that key"
  jq --join-output '.signer_policy // ""' "$settings" >"$work/policy.dsse"
}

# The volume that outlives the instance. It is formatted only when there is nothing on it at all; mkfs.xfs itself refuses
# a device on which it finds anything.
mount_state() {
  local device found=0 uuid
  device="$(setting data_volume_device)"
  mkdir --parents "$state"
  if [[ -z "$device" ]] || mountpoint --quiet "$state"; then return; fi
  for ((i = 0; i < 60; ++i)); do
    if blockdev --getsize64 "$device" >/dev/null 2>&1; then break; fi
    sleep 5
  done
  blockdev --getsize64 "$device" >/dev/null 2>&1 || stop "$device did not come in 5 minutes: is the data volume attached to this instance?"
  blkid --probe "$device" >/dev/null || found=$?
  case $found in
    0) ;;
    2)
      say "$device is blank: making a file system on it"
      must "it was not blank after all: look at it with 'blkid --probe'" mkfs.xfs -q -L ben-blobs "$device"
      ;;
    *) stop "blkid cannot tell what is on $device (exit $found): look at it before anything is written to it" ;;
  esac
  uuid="$(blkid --output value --match-tag UUID "$device")" || stop "blkid gives no UUID for $device: look at it with 'blkid --probe'"
  { grep --invert-match " $state " /etc/fstab || true; } >"$work/fstab"
  echo "UUID=$uuid $state xfs nofail,noatime,nodev,nosuid,noexec 0 2" >>"$work/fstab"
  cat "$work/fstab" >/etc/fstab
  must "see: journalctl --unit '*.mount'" mount "$state"
}

write_environment() {
  local listen tls="$state/tls" measurement
  listen="$(setting api_listen)" measurement="$(setting expected_measurement)"
  {
    cat <<END
BEN_BROKER_EIF=$home/enclave.eif
BEN_BROKER_CONFIG=$etc/config.json
BEN_BROKER_STORE=$state/store.sqlite
BEN_BROKER_CPU_COUNT=$(setting enclave_cpu_count)
BEN_BROKER_MEMORY_MIB=$(setting enclave_memory_mib)
BEN_BROKER_NODE_NAME=$(setting name)
END
    [[ -z "$measurement" ]] || echo "BEN_BROKER_EXPECTED_MEASUREMENT=$measurement"
    [[ ! -s "$work/policy.dsse" ]] || echo "BEN_BROKER_POLICY=$etc/policy.dsse"
  } >"$work/broker.env"
  if [[ -n "$listen" && "$listen" != 127.* ]]; then
    if [[ -f "$tls/cert.pem" && -f "$tls/key.pem" ]]; then
      printf 'BEN_BROKER_TLS_CERT=%s\nBEN_BROKER_TLS_KEY=%s\n' "$tls/cert.pem" "$tls/key.pem" >>"$work/broker.env"
    else
      say "api_listen $listen needs $tls/cert.pem and key.pem, readable by enclave-broker: put them there and run this again; until then only 127.0.0.1:8080 is served"
      listen=""
    fi
  fi
  echo "BEN_BROKER_LISTEN=${listen:-127.0.0.1:8080}" >>"$work/broker.env"
}

# Installs a file whose content differs, and remembers that something did.
changed=""
install_file() { # MODE FROM TO
  if cmp --silent "$2" "$3"; then return; fi
  must "is the disk full?" install -D --mode="$1" --no-target-directory "$2" "$3.new"
  mv "$3.new" "$3"
  changed=yes
}
install_broker() {
  getent group ne >/dev/null || stop "there is no group ne: dnf install aws-nitro-enclaves-cli, then run this again"
  getent passwd enclave-broker >/dev/null ||
    must "see its message" useradd --system --user-group --no-create-home --shell /sbin/nologin enclave-broker
  install_file 644 "$dist/enclave.eif" "$home/enclave.eif"
  install_file 755 "$dist/enclave-broker" /usr/local/bin/enclave-broker
  install_file 755 "$dist/benctl" /usr/local/bin/benctl
  install_file 644 "$work/config.json" "$etc/config.json"
  install_file 644 "$work/policy.dsse" "$etc/policy.dsse"
  install_file 644 "$work/broker.env" "$etc/broker.env"
  install_file 644 "$deploy/enclave-broker.service" "$units/enclave-broker.service"
}

# journald to a file, which the CloudWatch agent tails; it also reports how full the disks are.
install_logs() {
  local group agent=/opt/aws/amazon-cloudwatch-agent
  group="$(setting log_group)"
  [[ -n "$group" ]] || return 0
  jq --arg group "$group" --arg node "$(setting name)" --arg region "$(setting region)" --from-file "$deploy/cloudwatch-agent.jq" --null-input >"$work/agent.json"
  mkdir --parents /var/log/bitcoin-enclave-node
  install_file 644 "$work/agent.json" "$etc/cloudwatch-agent.json"
  install_file 644 "$deploy/enclave-broker.logrotate" /etc/logrotate.d/enclave-broker
  install_file 644 "$deploy/enclave-broker-log.service" "$units/enclave-broker-log.service"
  must "see: journalctl --unit enclave-broker-log" systemctl enable --now enclave-broker-log.service
  must "see $agent/logs/amazon-cloudwatch-agent.log: may the role write to $group?" \
    "$agent/bin/amazon-cloudwatch-agent-ctl" -a fetch-config -m ec2 -s -c "file:$etc/cloudwatch-agent.json" >/dev/null
}
install_copies() {
  local bucket
  bucket="$(setting blob_bucket)"
  [[ -n "$bucket" ]] || return 0
  printf 'BLOB_BUCKET=%s\nBLOB_NODE=%s\nAWS_REGION=%s\n' "$bucket" "$(setting name)" "$(setting region)" >"$work/copy.env"
  install_file 644 "$work/copy.env" "$etc/blob-copy.env"
  install_file 755 "$deploy/blob-copy" /usr/local/bin/enclave-blob-copy
  install_file 644 "$deploy/enclave-blob-copy.service" "$units/enclave-blob-copy.service"
  install_file 644 "$deploy/enclave-blob-copy.path" "$units/enclave-blob-copy.path"
  must "see: journalctl --unit enclave-blob-copy" systemctl enable --now enclave-blob-copy.path
}

# Huge pages and CPUs are set aside after a build, not before, or the build would miss them. They cannot be set aside
# anew under a running enclave: the broker ends it first.
start_allocator() {
  local asked=/etc/nitro_enclaves/allocator.yaml given="$home/allocator.yaml"
  if cmp --silent "$asked" "$given"; then return; fi
  if [[ -f "$given" ]]; then must "see: journalctl --unit enclave-broker" systemctl stop enclave-broker.service; fi
  must "see: journalctl --unit nitro-enclaves-allocator; give the enclave less, or take a larger instance type" \
    systemctl restart nitro-enclaves-allocator.service
  must "see its message" systemctl enable nitro-enclaves-allocator.service
  install_file 644 "$asked" "$given"
}
start_broker() {
  must "see its message" systemctl enable enclave-broker.service
  if [[ -z "$changed" ]] && systemctl is-active --quiet enclave-broker.service; then say "the broker runs, and nothing has changed"; return; fi
  must "the reason is the last line of: journalctl --unit enclave-broker" systemctl restart enclave-broker.service
  say "the broker runs: curl --silent http://127.0.0.1:8080/readyz"
}

[[ $EUID -eq 0 ]] || stop "run this as root"
mkdir --parents "$home" "$etc"
work="$(mktemp --directory --tmpdir="$home")"
readonly work
trap 'leave "$BASH_COMMAND"' EXIT

read_settings
check_settings
[[ -n "$(setting eif_image)" ]] || build
measure
write_config
mount_state
write_environment
install_broker
must "see its message" systemctl daemon-reload
start_allocator
install_logs
install_copies
start_broker
