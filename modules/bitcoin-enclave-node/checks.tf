# Warnings: what is allowed, because the documented defaults say so, and should not stay.

check "measurement" {
  assert {
    condition     = var.expected_measurement != ""
    error_message = "expected_measurement is empty: the node shows its PCR0 and makes no keys. Pin what it shows, then apply again."
  }
}

check "ssh" {
  assert {
    condition     = !anytrue([for cidr in var.allowed_cidrs : endswith(cidr, "/0")])
    error_message = "allowed_cidrs lets the whole internet try SSH: name your own address, such as 203.0.113.7/32, or give [] and use Session Manager."
  }
}

check "cores" {
  assert {
    condition     = var.enclave_cpu_count % data.aws_ec2_instance_type.this.default_threads_per_core == 0
    error_message = "enclave_cpu_count ${var.enclave_cpu_count} is rounded up to ${local.enclave_cpus}: an enclave takes whole cores, and one of ${var.instance_type} has ${data.aws_ec2_instance_type.this.default_threads_per_core} vCPUs."
  }
}

locals {
  enclave_threads = data.aws_ec2_instance_type.this.default_threads_per_core
  enclave_cpus    = ceil(var.enclave_cpu_count / local.enclave_threads) * local.enclave_threads
}
