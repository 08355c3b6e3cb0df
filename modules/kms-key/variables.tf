variable "name_prefix" {
  description = "Prefix of the key's alias and of its alert."
  type        = string
  default     = "btc-enclave"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$", var.name_prefix))
    error_message = "name_prefix must be 1 to 24 lower-case letters, digits and inner hyphens, beginning with a letter, such as btc-enclave."
  }
}

variable "admin_role_arns" {
  description = "Roles that may change the key's policy and its life, and never decrypt. Who runs Terraform has to be among them."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.admin_role_arns) > 0 && alltrue([for arn in var.admin_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "admin_role_arns must hold at least one role or user, and not the account's root, such as arn:aws:iam::123456789012:role/key-admin."
  }
}

variable "reader_role_arns" {
  description = "Roles that may read the key's settings, for `terraform plan`: IAM alone cannot give them that, as nothing hands the key to the account."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.reader_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "reader_role_arns must hold ARNs of roles, such as arn:aws:iam::123456789012:role/github-actions."
  }
}

variable "host_role_arn" {
  description = "The host's role, the node's output `role_arn`: it relays what the enclave asks for."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.host_role_arn))
    error_message = "host_role_arn must be the ARN of a role, such as arn:aws:iam::123456789012:role/btc-enclave."
  }

  validation {
    condition     = !contains(var.admin_role_arns, var.host_role_arn)
    error_message = "host_role_arn must not be one of admin_role_arns: give a role of its own, such as arn:aws:iam::123456789012:role/key-admin, to the admin."
  }
}

variable "pcr0" {
  description = "Images that may open seeds, by PCR0; two during an upgrade. Null: phase 1, nobody may."
  type        = list(string)
  default     = null

  validation {
    condition     = var.pcr0 == null || try(length(var.pcr0) > 0 && alltrue([for pcr in var.pcr0 : can(regex("^[0-9a-f]{96}$", pcr)) && !can(regex("^0{96}$", pcr))]), false)
    error_message = "pcr0 must hold measurements of 96 lower-case hex digits, not all zero (a debug enclave), such as benctl eif measure prints."
  }

  validation {
    condition     = (var.pcr0 == null) == (var.pcr16 == null)
    error_message = "pcr0 and pcr16 go together: an image under any config would be open to everybody, such as an attacker with a config of his own."
  }
}

variable "pcr16" {
  description = "Configs under which they may, by PCR16 (`benctl config pcr16`). Null: phase 1."
  type        = list(string)
  default     = null

  validation {
    condition     = var.pcr16 == null || try(length(var.pcr16) > 0 && alltrue([for pcr in var.pcr16 : can(regex("^[0-9a-f]{96}$", pcr)) && !can(regex("^0{96}$", pcr))]), false)
    error_message = "pcr16 must hold measurements of 96 lower-case hex digits, not all zero (no config), such as benctl config pcr16 prints."
  }
}

variable "pcr3" {
  description = "PCR3 of the host's role (`benctl pcr3`): binds the enclave to hosts of this role."
  type        = string
  default     = null

  validation {
    condition     = var.pcr3 == null || can(regex("^[0-9a-f]{96}$", var.pcr3))
    error_message = "pcr3 must be 96 lower-case hex digits, such as benctl pcr3 ROLE-ARN prints."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when the key is disabled, its deletion scheduled, or its policy changed. Their policies have to admit events.amazonaws.com."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
