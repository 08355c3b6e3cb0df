output "instance_id" {
  description = "The ID of the EC2 instance hosting the enclave."
  value       = module.enclave_node.instance_id
}

output "instance_public_ip" {
  description = "Public IP address of the EC2 instance."
  value       = module.enclave_node.instance_public_ip
}

output "enclave_measurement" {
  description = "The expected PCR0 measurement of the enclave image that the system will verify against."
  value       = module.enclave_node.enclave_measurement
}

output "node_name" {
  description = "Name of this deployment: of its role, its alarms, its dashboard, and the dimension Node of its metrics."
  value       = module.enclave_node.node_name
}

output "role_arn" {
  description = "ARN of the host's role: KMS admits it, and PCR3 is made of it (`benctl pcr3`)."
  value       = module.enclave_node.role_arn
}

output "security_group_id" {
  description = "The host's security group, for rules of your own."
  value       = module.enclave_node.security_group_id
}

output "log_group_name" {
  description = "CloudWatch log group of the node."
  value       = module.enclave_node.log_group_name
}

output "data_volume_id" {
  description = "Volume that holds the sealed seeds; it outlives the host."
  value       = module.enclave_node.data_volume_id
}

output "blob_bucket" {
  description = "Versioned bucket with copies of the sealed seeds."
  value       = module.enclave_node.blob_bucket
}

output "verify_command" {
  description = "What tells from your own machine whether this node may be believed."
  value       = module.enclave_node.verify_command
}
