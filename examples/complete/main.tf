# All parts together: a private network, a registry, a key that opens for the pinned image and config, alarms by mail.
# The order of the first deployment is in docs/operations.md.

provider "aws" {
  region = var.aws_region
}

data "aws_caller_identity" "current" {}

locals {
  tags      = { project = "bitcoin-enclave-node" }
  is_pinned = var.expected_measurement != "" && var.config_pcr16 != null
}

module "eif_registry" {
  source = "../../modules/eif-registry"

  name = var.name_prefix
  tags = local.tags
}

module "kms_key" {
  source = "../../modules/kms-key"

  name_prefix      = var.name_prefix
  admin_role_arns  = var.key_admin_role_arns
  host_role_arn    = module.enclave_node.role_arn
  reader_role_arns = module.github_oidc[*].role_arn
  pcr0             = local.is_pinned ? [var.expected_measurement] : null
  pcr16            = local.is_pinned ? [var.config_pcr16] : null
  alarm_topic_arns = [aws_sns_topic.alarms.arn]
  tags             = local.tags
}

module "enclave_node" {
  source = "../../modules/bitcoin-enclave-node"

  aws_region  = var.aws_region
  name_prefix = var.name_prefix
  tags        = local.tags

  vpc_id          = aws_vpc.this.id
  subnet_id       = aws_subnet.host.id
  allowed_cidrs   = []
  restrict_egress = var.eif_digest != null

  git_repository_url   = var.git_repository_url
  git_ref              = var.git_ref
  eif_image            = var.eif_digest == null ? null : "${module.eif_registry.repository_url}@${var.eif_digest}"
  expected_measurement = var.expected_measurement
  signer_config        = var.config_file == null ? null : file(var.config_file)
  expected_pcr16       = var.config_file == null ? null : var.config_pcr16

  enclave_cpu_count = 2
  kms_key_arn       = module.kms_key.key_arn
  alarm_topic_arns  = [aws_sns_topic.alarms.arn]
}
