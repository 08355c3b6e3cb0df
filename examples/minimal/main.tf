# The smallest deployment: a host in the default VPC that builds its image. docs/operations.md walks through it.

provider "aws" {
  region = "us-east-1"
}

module "enclave_node" {
  source = "../../modules/bitcoin-enclave-node"

  aws_region = "us-east-1"

  # Replace with a PUBLIC git repository containing your enclave_app, and the commit of it that you have read.
  git_repository_url = "https://github.com/your-username/your-enclave-app-repo.git"
  git_ref            = "0000000000000000000000000000000000000000"

  # WARNING: For production, you MUST restrict this to your IP address. Or leave it empty and use Session Manager.
  allowed_cidrs = ["203.0.113.7/32"]

  # Empty for the first deployment; then the PCR0 that the host's log shows, or better: that you built yourself.
  expected_measurement = ""
}

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

output "verify_command" {
  description = "What tells from your own machine whether this node may be believed."
  value       = module.enclave_node.verify_command
}
