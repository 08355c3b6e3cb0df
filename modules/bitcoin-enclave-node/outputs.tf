output "instance_id" {
  description = "The ID of the EC2 instance hosting the enclave."
  value       = aws_instance.this.id
}

output "instance_public_ip" {
  description = "Public IP address of the EC2 instance."
  value       = aws_instance.this.public_ip
}

output "enclave_measurement" {
  description = "The expected PCR0 measurement of the enclave image that the system will verify against."
  value       = var.expected_measurement
}

output "node_name" {
  description = "Name of this deployment: of its role, its alarms, its dashboard, and the dimension Node of its metrics."
  value       = local.node_name
}

output "role_arn" {
  description = "ARN of the host's role: KMS admits it, and PCR3 is made of it (`benctl pcr3`)."
  value       = aws_iam_role.host.arn
}

output "security_group_id" {
  description = "The host's security group, for rules of your own."
  value       = aws_security_group.host.id
}

output "log_group_name" {
  description = "CloudWatch log group of the node."
  value       = module.observability.log_group_name
}

output "data_volume_id" {
  description = "Volume that holds the sealed seeds; it outlives the host."
  value       = aws_ebs_volume.data.id
}

output "blob_bucket" {
  description = "Versioned bucket with copies of the sealed seeds."
  value       = aws_s3_bucket.blobs.id
}

output "verify_command" {
  description = "What tells from your own machine whether this node may be believed."
  value = length(var.api_cidrs) > 0 ? join("\n", [
    "benctl verify --url https://NAME-IN-ITS-CERTIFICATE:${local.api_port} --measurements measurements.json --config config.json",
    ]) : join("\n", [
    "aws ssm start-session --region ${var.aws_region} --target ${aws_instance.this.id} --document-name AWS-StartPortForwardingSession --parameters portNumber=${local.api_port},localPortNumber=${local.api_port} &",
    "benctl verify --url http://127.0.0.1:${local.api_port} --measurements measurements.json --config config.json",
  ])
}
