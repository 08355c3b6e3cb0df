# Bad values of every variable: each round gives one to many variables at once, and each of those must refuse its own.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  aws_region           = "us-east-1"
  git_repository_url   = "https://example.com/node.git"
  git_ref              = "0123456789abcdef0123456789abcdef01234567"
  allowed_cidrs        = []
  enclave_cpu_count    = 2
  expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
}

run "a_region_that_is_none" {
  command         = plan
  expect_failures = [var.aws_region]

  variables {
    aws_region = "us-east-1; reboot"
  }
}

run "a_region_that_is_not_the_providers" {
  command         = plan
  expect_failures = [data.aws_region.current]

  variables {
    aws_region = "eu-west-1"
  }
}

run "first_round_of_bad_values" {
  command = plan
  expect_failures = [
    var.name_prefix, var.git_repository_url, var.eif_image, var.instance_type, var.ami_id, var.allowed_cidrs,
    var.api_cidrs, var.expected_measurement, var.signer_policy, var.kms_key_arn,
    var.log_sink, var.alarm_topic_arns, var.enclave_cpu_count, var.enclave_memory_mib, var.vpc_id, var.subnet_id,
    var.permissions_boundary, var.tags,
  ]

  variables {
    name_prefix          = ""
    git_repository_url   = "http://example.com/node.git"
    eif_image            = "123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave:latest"
    instance_type        = "m5"
    ami_id               = "ami-latest"
    allowed_cidrs        = ["203.0.113.7"]
    api_cidrs            = ["0.0.0.0/0"]
    expected_measurement = "your-eif-pcr0-measurement-hash-goes-here"
    signer_policy        = "{}"
    kms_key_arn          = "alias/btc-enclave"
    log_sink             = "a log group"
    alarm_topic_arns     = ["pager"]
    enclave_cpu_count    = 0
    enclave_memory_mib   = 64
    vpc_id               = "default"
    subnet_id            = "private"
    permissions_boundary = "boundary"
    tags                 = { "aws:mine" = "x" }
  }
}

run "second_round_of_bad_values" {
  command = plan
  expect_failures = [
    var.name_prefix, var.git_repository_url, var.eif_image, var.instance_type, var.allowed_cidrs, var.api_cidrs,
    var.expected_measurement, var.kms_key_arn, var.log_sink, var.alarm_topic_arns, var.enclave_cpu_count,
    var.enclave_memory_mib, var.tags,
  ]

  variables {
    name_prefix          = "a-prefix-of-25-characters"
    git_repository_url   = "https://example.com/node.git;reboot"
    eif_image            = "docker.io/library/node@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    instance_type        = "m5.xlarge;reboot"
    allowed_cidrs        = ["203.0.113.7/33"]
    api_cidrs            = ["::/0"]
    expected_measurement = "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    kms_key_arn          = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    log_sink             = "arn:aws:logs:eu-west-1:123456789012:log-group:btc"
    alarm_topic_arns     = ["arn:aws:sns:eu-west-1:123456789012:pager"]
    enclave_cpu_count    = 1.5
    enclave_memory_mib   = 257
    tags                 = { "" = "x" }
  }
}

run "third_round_of_bad_values" {
  command = plan
  expect_failures = [
    var.name_prefix, var.git_repository_url, var.eif_image, var.allowed_cidrs, var.api_cidrs,
    var.expected_measurement, var.kms_key_arn, var.enclave_cpu_count,
  ]

  variables {
    name_prefix          = "Btc"
    git_repository_url   = "https://user:word@example.com/node.git"
    eif_image            = "123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave@sha256:0123"
    allowed_cidrs        = ["203.0.113.7/32", "anywhere"]
    api_cidrs            = ["10.0.0.0"]
    expected_measurement = "9A8B00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
    kms_key_arn          = "arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef"
    enclave_cpu_count    = -2
  }
}

run "first_bad_values_of_what_reads_others" {
  command         = plan
  expect_failures = [var.git_ref, var.signer_config]

  variables {
    git_ref       = "main"
    signer_config = "network: regtest"
  }
}

run "second_bad_values_of_what_reads_others" {
  command         = plan
  expect_failures = [var.git_ref, var.signer_config]

  variables {
    git_ref       = "0123456789abcdef0123456789abcdef0123456"
    signer_config = jsonencode([for i in range(500) : "0123456789"])
  }
}

run "third_bad_values_of_what_reads_others" {
  command         = plan
  expect_failures = [var.git_ref, var.expected_pcr16]

  variables {
    git_ref        = "0123456789ABCDEF0123456789ABCDEF01234567"
    signer_config  = "{}"
    expected_pcr16 = "c0ffee"
  }
}

run "a_host_that_builds_needs_a_commit" {
  command         = plan
  expect_failures = [var.git_ref]

  variables {
    git_ref = null
  }
}

run "a_host_without_internet_cannot_build_and_a_pcr16_needs_its_config" {
  command         = plan
  expect_failures = [var.restrict_egress, var.expected_pcr16]

  variables {
    restrict_egress = true
    expected_pcr16  = "c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"
  }
}

run "a_type_without_enclaves_is_refused" {
  command         = plan
  expect_failures = [data.aws_ec2_instance_type.this]

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { nitro_enclaves_support = "unsupported", supported_architectures = ["x86_64"], default_vcpus = 4, default_threads_per_core = 2, memory_size = 16384 }
  }
}

run "a_type_of_another_architecture_is_refused" {
  command         = plan
  expect_failures = [data.aws_ec2_instance_type.this]

  override_data {
    target = data.aws_ec2_instance_type.this
    values = { nitro_enclaves_support = "supported", supported_architectures = ["arm64"], default_vcpus = 4, default_threads_per_core = 1, memory_size = 16384 }
  }
}

run "the_host_keeps_a_core" {
  command         = plan
  expect_failures = [data.aws_ec2_instance_type.this]

  variables {
    enclave_cpu_count = 3 # rounded up to 4 of 4
  }
}

run "the_host_keeps_a_gibibyte" {
  command         = plan
  expect_failures = [data.aws_ec2_instance_type.this]

  variables {
    enclave_memory_mib = 15362
  }
}

run "no_subnet_there" {
  command         = plan
  expect_failures = [data.aws_subnets.candidates]

  override_data {
    target = data.aws_subnets.candidates
    values = { ids = [] }
  }
}

run "a_subnet_of_another_vpc" {
  command         = plan
  expect_failures = [data.aws_subnet.this]

  variables {
    vpc_id    = "vpc-0ffffffffffffffff"
    subnet_id = "subnet-0aaaaaaaaaaaaaaaa"
  }
}
