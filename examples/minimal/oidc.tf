# For a workflow that runs `terraform plan`: a role that one repository's main branch may take, without stored secrets.
# GitHub's identity provider has to be in the account; create_provider = true makes it.

variable "github_repository" {
  description = "Your repository, owner/name. Null: no role."
  type        = string
  default     = null
}

module "github_oidc" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == null ? 0 : 1

  github_repository = var.github_repository
}

output "github_actions_role_arn" {
  description = "The ARN of the IAM role for GitHub Actions OIDC."
  value       = one(module.github_oidc[*].role_arn)
}
