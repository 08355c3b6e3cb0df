variable "github_repository" {
  description = "The repository whose workflow may take the role: owner/name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$", var.github_repository))
    error_message = "github_repository must be owner/name without wildcards, such as your-github-username/your-repo-name."
  }
}

variable "subject" {
  description = "Which of its runs: `ref:refs/heads/BRANCH`, `ref:refs/tags/TAG` or `environment:NAME`, exactly."
  type        = string
  default     = "ref:refs/heads/main"
  nullable    = false

  validation {
    condition     = can(regex("^(ref:refs/(heads|tags)/[A-Za-z0-9._/-]+|environment:[A-Za-z0-9._-]+)$", var.subject))
    error_message = "subject must name one branch, tag or environment without wildcards, such as ref:refs/heads/main or environment:release."
  }
}

variable "name_prefix" {
  description = "Prefix of the role's name."
  type        = string
  default     = "github-actions-"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,38}$", var.name_prefix))
    error_message = "name_prefix must be 1 to 38 letters, digits and +=,.@_-, such as github-actions-."
  }
}

variable "create_provider" {
  description = "Make the account's OIDC provider of GitHub too: once an account, false where it is there already."
  type        = bool
  default     = false
  nullable    = false
}

variable "policy_json" {
  description = "What the role may do, in place of `terraform plan`: eif-registry's `push_policy_json` for releases."
  type        = string
  default     = null

  validation {
    condition     = var.policy_json == null || can(jsondecode(var.policy_json).Statement)
    error_message = "policy_json must be an IAM policy, such as module.eif_registry.push_policy_json."
  }
}

variable "state_object_arn" {
  description = "ARN of the Terraform state in S3, which a plan reads. Null: no remote state."
  type        = string
  default     = null

  validation {
    condition     = var.state_object_arn == null || can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}/[^*?]+$", var.state_object_arn))
    error_message = "state_object_arn must be the ARN of one object, such as arn:aws:s3:::my-terraform-state/enclave.tfstate."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role, where an account demands one."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
