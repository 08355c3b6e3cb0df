# GitHub's identity provider has to be in the account; create_provider = true on one of the two makes it.

module "github_oidc" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == null ? 0 : 1

  github_repository = var.github_repository
  tags              = local.tags
}

module "github_release" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == null ? 0 : 1

  github_repository = var.github_repository
  subject           = "environment:release"
  name_prefix       = "github-release-"
  policy_json       = module.eif_registry.push_policy_json
  tags              = local.tags
}

output "github_actions_role_arn" {
  description = "The ARN of the IAM role for GitHub Actions OIDC."
  value       = one(module.github_oidc[*].role_arn)
}

output "github_release_role_arn" {
  description = "The ARN of the role that pushes images from the environment `release`."
  value       = one(module.github_release[*].role_arn)
}
