# The repository as a module: everything is passed on to modules/bitcoin-enclave-node, whose variables.tf this one is.

module "enclave_node" {
  source = "./modules/bitcoin-enclave-node"

  aws_region           = var.aws_region
  name_prefix          = var.name_prefix
  git_repository_url   = var.git_repository_url
  git_ref              = var.git_ref
  eif_image            = var.eif_image
  instance_type        = var.instance_type
  ami_id               = var.ami_id
  allowed_cidrs        = var.allowed_cidrs
  api_cidrs            = var.api_cidrs
  restrict_egress      = var.restrict_egress
  expected_measurement = var.expected_measurement
  expected_pcr16       = var.expected_pcr16
  signer_config        = var.signer_config
  signer_policy        = var.signer_policy
  kms_key_arn          = var.kms_key_arn
  log_sink             = var.log_sink
  alarm_topic_arns     = var.alarm_topic_arns
  enclave_cpu_count    = var.enclave_cpu_count
  enclave_memory_mib   = var.enclave_memory_mib
  vpc_id               = var.vpc_id
  subnet_id            = var.subnet_id
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}
