# Where the host runs and on what: one subnet, one instance type, one machine image, none of which changes by itself.

data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = self.id == var.aws_region
      error_message = "aws_region must be the provider's own region (${self.id}), such as provider \"aws\" { region = \"us-east-1\" } beside aws_region = \"us-east-1\"."
    }
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}

data "aws_ec2_instance_type" "this" {
  instance_type = var.instance_type

  lifecycle {
    postcondition {
      condition     = self.nitro_enclaves_support == "supported"
      error_message = "instance_type ${var.instance_type} has no Nitro Enclaves: choose one that has, such as m5.xlarge."
    }

    postcondition {
      condition     = contains(self.supported_architectures, "x86_64")
      error_message = "instance_type ${var.instance_type} is not x86_64, for which the enclave image is built: choose one, such as m5.xlarge."
    }

    postcondition {
      condition     = ceil(var.enclave_cpu_count / self.default_threads_per_core) * self.default_threads_per_core <= self.default_vcpus - self.default_threads_per_core
      error_message = "enclave_cpu_count ${var.enclave_cpu_count}, rounded up to whole cores, leaves no core of ${var.instance_type} (${self.default_vcpus} vCPUs) to the host: give less or a larger instance_type, such as m5.2xlarge."
    }

    postcondition {
      condition     = var.enclave_memory_mib <= self.memory_size - 1024
      error_message = "enclave_memory_mib ${var.enclave_memory_mib} leaves less than 1024 MiB of ${var.instance_type} (${self.memory_size} MiB) to the host: give less or a larger instance_type, such as m5.2xlarge."
    }
  }
}

data "aws_ec2_instance_type_offerings" "zones" {
  location_type = "availability-zone"

  filter {
    name   = "instance-type"
    values = [var.instance_type]
  }
}

locals {
  # No lookup of the default VPC: an account without one is fine as long as vpc_id or subnet_id is given.
  subnet_filter = (
    var.subnet_id != null ? { name = "subnet-id", value = var.subnet_id } :
    var.vpc_id != null ? { name = "vpc-id", value = var.vpc_id } :
    { name = "default-for-az", value = "true" }
  )
}

data "aws_subnets" "candidates" {
  filter {
    name   = local.subnet_filter.name
    values = [local.subnet_filter.value]
  }

  filter {
    name   = "availability-zone"
    values = data.aws_ec2_instance_type_offerings.zones.locations
  }

  lifecycle {
    postcondition {
      condition     = length(self.ids) > 0
      error_message = "subnet_id, vpc_id: no subnet there, or none in a zone that offers ${var.instance_type}: name another, such as subnet_id = \"subnet-0123456789abcdef0\"."
    }
  }
}

data "aws_subnet" "this" {
  id = sort(data.aws_subnets.candidates.ids)[0] # sorted: the answer's order is nobody's promise

  lifecycle {
    postcondition {
      condition     = var.vpc_id == null || self.vpc_id == var.vpc_id
      error_message = "subnet_id lies in ${self.vpc_id}, not in vpc_id: give one of them, or such as belong together."
    }
  }
}

data "aws_ssm_parameter" "amazon_linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

# Keeps the image of the first apply. A newer one is taken on purpose: by ami_id, or by replacing this.
resource "terraform_data" "ami" {
  input            = var.ami_id != null ? var.ami_id : data.aws_ssm_parameter.amazon_linux.insecure_value
  triggers_replace = [var.ami_id]

  lifecycle {
    ignore_changes = [input]
  }
}
