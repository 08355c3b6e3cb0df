output "instance_id" {
  description = "The host."
  value       = module.enclave_node.instance_id
}

output "verify_command" {
  description = "What tells from your own machine whether this node may be believed."
  value       = module.enclave_node.verify_command
}

output "kms_key_arn" {
  description = "For `benctl config new --kms-key-arn`."
  value       = module.kms_key.key_arn
}

output "key_is_open" {
  description = "Phase 2: the key opens seeds for the pinned image under the pinned config."
  value       = module.kms_key.is_open
}

output "eif_repository_url" {
  description = "Where CI pushes the image to."
  value       = module.eif_registry.repository_url
}

output "node_name" {
  description = "Name of dashboard and alarms in CloudWatch."
  value       = module.enclave_node.node_name
}

output "log_group_name" {
  description = "CloudWatch log group of the node."
  value       = module.enclave_node.log_group_name
}

output "data_volume_id" {
  description = "Volume of the sealed seeds."
  value       = module.enclave_node.data_volume_id
}

output "blob_bucket" {
  description = "Copies of the sealed seeds."
  value       = module.enclave_node.blob_bucket
}
