# The CloudWatch agent's configuration; setup_enclave.sh gives $group, $node and $region. The broker's metrics are in its
# log lines (EMF), and CloudWatch Logs takes them out by itself: the agent only carries lines, and adds how full disks are.
{
  agent: {region: $region, omit_hostname: true, metrics_collection_interval: 60},
  logs: {logs_collected: {files: {collect_list: [
    {file_path: "/var/log/bitcoin-enclave-node/broker.log", log_group_name: $group, log_stream_name: "{instance_id}"}
  ]}}},
  metrics: {
    namespace: "BitcoinEnclaveNode",
    aggregation_dimensions: [["Node"]],
    metrics_collected: {disk: {
      measurement: ["used_percent"], resources: ["/", "/var/lib/bitcoin-enclave-node"], drop_device: true,
      append_dimensions: {Node: $node}
    }}
  }
}
