# Two deployments in one account and region, with the same prefix.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84"
    }
  }
}

module "node" {
  source = "../../../modules/bitcoin-enclave-node"
  count  = 2

  aws_region           = "us-east-1"
  git_repository_url   = "https://example.com/node.git"
  git_ref              = "0123456789abcdef0123456789abcdef01234567"
  allowed_cidrs        = []
  enclave_cpu_count    = 2
  expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
}

module "key" {
  source = "../../../modules/kms-key"
  count  = 2

  admin_role_arns = ["arn:aws:iam::123456789012:role/key-admin"]
  host_role_arn   = module.node[count.index].role_arn
}

module "role" {
  source = "../../../modules/github-oidc"
  count  = 2

  github_repository = "your-github-username/your-repo-name"
}
