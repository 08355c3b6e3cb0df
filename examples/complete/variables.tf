variable "aws_region" {
  description = "Region of everything."
  type        = string
  default     = "us-east-1"
}

variable "name_prefix" {
  description = "Prefix of everything."
  type        = string
  default     = "btc-enclave"
}

variable "key_admin_role_arns" {
  description = "Roles that keep the KMS key; the one that runs Terraform is among them."
  type        = list(string)
}

variable "git_repository_url" {
  description = "Repository that the image was built from."
  type        = string
}

variable "eif_digest" {
  description = "Digest of the image in the registry made here, sha256:<64 hex digits>. Null before the first push: the host then builds at `git_ref`, with internet."
  type        = string
  default     = null
}

variable "git_ref" {
  description = "Commit to build while there is no `eif_digest`."
  type        = string
  default     = null
}

variable "expected_measurement" {
  description = "PCR0 of the image; empty before the first build."
  type        = string
  default     = ""
}

variable "config_file" {
  description = "The signer's config, which `benctl config new` writes. Null: phase 1, the key first."
  type        = string
  default     = null
}

variable "config_pcr16" {
  description = "What `benctl config pcr16` prints of it."
  type        = string
  default     = null
}

variable "github_repository" {
  description = "Your repository, owner/name: its main branch may plan, its environment `release` may push images. Null: no roles."
  type        = string
  default     = null
}

variable "alarm_email" {
  description = "Address that alarms are mailed to. Null: a topic without subscribers."
  type        = string
  default     = null
}
