variable "aws_region" {
  description = "The AWS region to deploy resources in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be the name of a region, such as us-east-1."
  }
}

variable "name_prefix" {
  description = "A prefix used for all created resources to ensure unique names."
  type        = string
  default     = "btc-enclave"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$", var.name_prefix))
    error_message = "name_prefix must be 1 to 24 lower-case letters, digits and inner hyphens, beginning with a letter, such as btc-enclave."
  }
}

variable "git_repository_url" {
  description = "The URL of the git repository to clone onto the instance. Must contain the `enclave_app` directory."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~/-]+$", var.git_repository_url))
    error_message = "git_repository_url must be an https URL of letters, digits and . _ ~ / - without user name, such as https://github.com/your-username/your-repo.git."
  }
}

variable "git_ref" {
  description = "Commit that the host clones and builds: 40 hex digits, so that a moved branch or tag changes nothing. Required unless `eif_image` is given."
  type        = string
  default     = null

  validation {
    condition     = var.git_ref == null || can(regex("^[0-9a-f]{40}$", var.git_ref))
    error_message = "git_ref must be a whole commit id of 40 lower-case hex digits, such as the output of: git rev-parse HEAD."
  }

  validation {
    condition     = var.git_ref != null || var.eif_image != null
    error_message = "git_ref is required when the host builds the image, such as the output of: git rev-parse HEAD. Or give eif_image."
  }
}

variable "eif_image" {
  description = "Image in ECR, by digest, that holds a pre-verified EIF: the host pulls it and builds nothing."
  type        = string
  default     = null

  validation {
    condition     = var.eif_image == null || can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com(\\.cn)?/[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}$", var.eif_image))
    error_message = "eif_image must name an ECR image by digest and not by tag, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave@sha256:<64 hex digits>."
  }
}

variable "instance_type" {
  description = "The EC2 instance type for the enclave host. Must be Nitro Enclaves compatible."
  type        = string
  default     = "m5.xlarge"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", var.instance_type))
    error_message = "instance_type must be family.size, such as m5.xlarge."
  }
}

variable "ami_id" {
  description = "AMI of the host, Amazon Linux 2023 for x86_64. Without it: the newest at the first apply, kept from then on."
  type        = string
  default     = null

  validation {
    condition     = var.ami_id == null || can(regex("^ami-[0-9a-f]{8,17}$", var.ami_id))
    error_message = "ami_id must be the id of an image, such as ami-0123456789abcdef0."
  }
}

variable "allowed_cidrs" {
  description = "A list of CIDR blocks to allow SSH access from."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0))])
    error_message = "allowed_cidrs must hold IPv4 or IPv6 blocks, such as 203.0.113.7/32 or 2001:db8::/48. An empty list closes SSH."
  }
}

variable "api_cidrs" {
  description = "CIDR blocks that may reach the node's HTTPS port, 8443. Empty: the API answers on the host alone, through SSM port forwarding."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.api_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "api_cidrs must hold IPv4 or IPv6 blocks smaller than the whole internet, such as 10.0.0.0/16."
  }
}

variable "restrict_egress" {
  description = "Let the host reach nothing but the VPC's endpoints and S3. Needs `eif_image`, and endpoints as in examples/complete."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.restrict_egress || var.eif_image != null
    error_message = "restrict_egress needs eif_image, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave@sha256:<64 hex digits>: a host without internet cannot build."
  }
}

variable "expected_measurement" {
  description = "The expected PCR0 measurement of the enclave image. Used for integrity verification."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([0-9a-f]{96})?$", var.expected_measurement)) && !can(regex("^0{96}$", var.expected_measurement))
    error_message = "expected_measurement must be PCR0 of the image, 96 lower-case hex digits and not all zero (a debug enclave), such as benctl eif measure prints; or empty before the first build."
  }
}

variable "expected_pcr16" {
  description = "PCR16 under `signer_config`, as `benctl config pcr16` prints it: a config that came out different is refused."
  type        = string
  default     = null

  validation {
    condition     = var.expected_pcr16 == null || can(regex("^[0-9a-f]{96}$", var.expected_pcr16))
    error_message = "expected_pcr16 must be 96 lower-case hex digits, such as benctl config pcr16 prints."
  }

  validation {
    condition     = var.expected_pcr16 == null || var.signer_config != null
    error_message = "expected_pcr16 is the measurement of signer_config: give both, such as signer_config = file(\"config.json\")."
  }
}

variable "signer_config" {
  description = "The signer's config, its exact bytes: `file(\"config.json\")`. Without it the node stays EMPTY and makes no keys."
  type        = string
  default     = null

  validation {
    condition     = var.signer_config == null || can(jsondecode(var.signer_config))
    error_message = "signer_config must be the JSON that benctl config new writes, such as file(\"config.json\")."
  }

  validation {
    condition     = length(base64encode(join("", compact([var.signer_config, var.signer_policy])))) <= 6668
    error_message = "signer_config and signer_policy must fit into user data: 5000 bytes together, such as a config of 1 KiB and a policy of 3 KiB. Give a longer policy with benctl policy set."
  }
}

variable "signer_policy" {
  description = "The policy's envelope, signed by the admins: `file(\"policy.dsse\")`. Without it: `benctl policy set`, later."
  type        = string
  default     = null

  validation {
    condition     = var.signer_policy == null || can(jsondecode(var.signer_policy).signatures)
    error_message = "signer_policy must be the envelope that benctl policy sign writes, such as file(\"policy.dsse\")."
  }
}

variable "kms_key_arn" {
  description = "Optional: The ARN of the KMS key to use for secret unwrapping within the enclave."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:${var.aws_region}:[0-9]{12}:key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a single-region key in aws_region, no alias, such as arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef."
  }
}

variable "log_sink" {
  description = "Optional: The destination for logs (e.g., CloudWatch Log Group ARN)."
  type        = string
  default     = null

  validation {
    condition     = var.log_sink == null || can(regex("^(arn:aws[a-z-]*:logs:${var.aws_region}:[0-9]{12}:log-group:)?[A-Za-z0-9._/#-]{1,512}(:\\*)?$", var.log_sink))
    error_message = "log_sink must be ARN or name of a CloudWatch log group in aws_region, such as arn:aws:logs:us-east-1:123456789012:log-group:/btc/enclave."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:${var.aws_region}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", arn))])
    error_message = "alarm_topic_arns must hold ARNs of SNS topics in aws_region, such as arn:aws:sns:us-east-1:123456789012:pager."
  }
}

variable "enclave_cpu_count" {
  description = "The number of vCPUs to allocate to the Nitro Enclave."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.enclave_cpu_count >= 1 && floor(var.enclave_cpu_count) == var.enclave_cpu_count
    error_message = "enclave_cpu_count must be a whole number from 1, such as 2. The host rounds it up to whole cores."
  }
}

variable "enclave_memory_mib" {
  description = "The amount of memory (in MiB) to allocate to the Nitro Enclave."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.enclave_memory_mib >= 128 && var.enclave_memory_mib % 2 == 0
    error_message = "enclave_memory_mib must be an even number from 128 (huge pages have 2 MiB), such as 256."
  }
}

variable "vpc_id" {
  description = "Optional: The ID of the VPC to deploy the host in. If not provided, the default VPC is used."
  type        = string
  default     = null

  validation {
    condition     = var.vpc_id == null || can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC, such as vpc-0123456789abcdef0."
  }
}

variable "subnet_id" {
  description = "Optional: The ID of the subnet to deploy the host in. If not provided, a default subnet is used."
  type        = string
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("^subnet-[0-9a-f]{8,17}$", var.subnet_id))
    error_message = "subnet_id must be the id of a subnet, such as subnet-0123456789abcdef0."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the host's role, where an account demands one."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary."
  }
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 40 && alltrue([for key, value in var.tags : can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && length(value) <= 256])
    error_message = "tags must be at most 40, with keys of 1 to 128 letters, digits and _.:/=+@- that do not begin with aws:, such as { team = \"custody\" }."
  }
}
