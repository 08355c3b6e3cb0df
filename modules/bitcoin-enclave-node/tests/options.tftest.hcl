# Every option, on and off.

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

run "a_pulled_image_without_internet" {
  command = plan

  variables {
    git_ref         = null
    eif_image       = "210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/btc-enclave@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    restrict_egress = true
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.https) + length(aws_vpc_security_group_egress_rule.build) == 0 && aws_vpc_security_group_egress_rule.endpoints[0].cidr_ipv4 == "172.31.0.0/16" && aws_vpc_security_group_egress_rule.s3[0].prefix_list_id == "pl-63a5400a"
    error_message = "the host reaches more than the VPC and S3"
  }

  assert {
    condition     = aws_instance.this.associate_public_ip_address == false
    error_message = "a host without internet has a public address"
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.host.policy).Statement : s.Resource if s.Sid == "PullTheImage"]) == ["arn:aws:ecr:eu-west-1:210987654321:repository/team/btc-enclave"]
    error_message = "the host pulls from other repositories than the image's"
  }
}

run "a_pulled_image_with_internet" {
  command = plan

  variables {
    eif_image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/btc-enclave@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.https) == 2 && length(aws_vpc_security_group_egress_rule.build) == 0
    error_message = "a host that builds nothing reaches more than HTTPS"
  }
}

run "a_host_that_builds_pulls_nothing" {
  command = plan

  assert {
    condition     = !strcontains(aws_iam_role_policy.host.policy, "ecr:") && length(data.aws_vpc.this) == 0 && length(aws_vpc_security_group_egress_rule.build) == 2
    error_message = "permissions or look-ups that the building way does not need"
  }
}

run "a_key_opens_for_the_pinned_image_only" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
  }

  assert {
    condition = one([for s in jsondecode(aws_iam_role_policy.host.policy).Statement : s if contains(s.Action, "kms:Decrypt")]).Condition == {
      StringEqualsIgnoreCase = { "kms:RecipientAttestation:PCR0" = var.expected_measurement }
    }
    error_message = "the host may decrypt without evidence of the pinned image"
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.host.policy).Statement : s.Resource == [var.kms_key_arn] if strcontains(join(" ", s.Action), "kms:")])
    error_message = "the host may use other keys"
  }
}

run "a_pinned_config_is_asked_for_too" {
  command = plan

  variables {
    kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    signer_config  = "{\"network\":\"test\"}"
    signer_policy  = "{\"payload\":\"\",\"signatures\":[]}"
    expected_pcr16 = "c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.host.policy).Statement : s if contains(s.Action, "kms:Decrypt")]).Condition.StringEqualsIgnoreCase["kms:RecipientAttestation:PCR16"] == var.expected_pcr16
    error_message = "the host may decrypt for another config"
  }

  assert {
    condition     = local.settings.signer_config == var.signer_config && local.settings.signer_policy == var.signer_policy && local.settings.expected_pcr16 == var.expected_pcr16
    error_message = "config or policy does not reach the host"
  }
}

run "before_an_image_is_pinned_nothing_is_decrypted" {
  command         = plan
  expect_failures = [check.measurement]

  variables {
    expected_measurement = ""
    kms_key_arn          = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
  }
}

run "a_log_group_is_made" {
  command = plan

  assert {
    condition     = local.settings.log_group == "/bitcoin-enclave-node/btc-enclave-20261122141900000000000004"
    error_message = "no log group, though none is given"
  }
}

run "a_log_group_by_arn" {
  command = plan

  variables {
    log_sink = "arn:aws:logs:us-east-1:123456789012:log-group:/btc/enclave:*"
  }

  assert {
    condition     = local.settings.log_group == "/btc/enclave" && output.log_group_name == "/btc/enclave" && strcontains(aws_iam_role_policy.host.policy, "arn:aws:logs:us-east-1:123456789012:log-group:/btc/enclave:*")
    error_message = "log_sink is not where the logs go"
  }
}

run "a_log_group_by_name" {
  command = plan

  variables {
    log_sink = "/btc/enclave"
  }

  assert {
    condition     = local.settings.log_group == "/btc/enclave"
    error_message = "log_sink is not where the logs go"
  }
}

run "an_open_api" {
  command = plan

  variables {
    api_cidrs     = ["10.0.0.0/16", "2001:db8::/48"]
    allowed_cidrs = ["2001:db8::/48"]
  }

  assert {
    condition     = local.settings.api_listen == "0.0.0.0:8443" && aws_vpc_security_group_ingress_rule.api["10.0.0.0/16"].from_port == 8443 && aws_vpc_security_group_ingress_rule.api["2001:db8::/48"].cidr_ipv6 == "2001:db8::/48"
    error_message = "the API's port is not open as asked for"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.ssh["2001:db8::/48"].cidr_ipv6 == "2001:db8::/48"
    error_message = "an IPv6 block is not one"
  }

  assert {
    condition     = strcontains(output.verify_command, "https://")
    error_message = "verify_command does not use the open port"
  }
}

run "the_longest_config_and_policy_fit_into_user_data" {
  command = plan

  variables {
    signer_config = jsonencode({ for number in range(100, 200) : "rule-${number}" => "0123456789" })
    signer_policy = jsonencode({ payload = join("", [for number in range(254) : "0123456789"]), signatures = [] })
  }

  assert {
    condition     = length(var.signer_config) + length(var.signer_policy) > 4900 && length(aws_instance.this.user_data) <= 16384
    error_message = "what the validation lets through is over 16 KiB"
  }
}

run "names_and_places_as_given" {
  command = plan

  variables {
    name_prefix          = "desk"
    vpc_id               = "vpc-0123456789abcdef0"
    subnet_id            = "subnet-0cccccccccccccccc"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    tags                 = { team = "custody" }
    alarm_topic_arns     = ["arn:aws:sns:us-east-1:123456789012:pager"]
    instance_type        = "m6i.2xlarge"
    enclave_memory_mib   = 1024
    ami_id               = "ami-0cccccccccccccccc"
  }

  assert {
    condition     = aws_iam_role.host.permissions_boundary == var.permissions_boundary && aws_iam_role.host.name_prefix == "desk-" && aws_security_group.host.name_prefix == "desk-" && aws_s3_bucket.blobs.bucket_prefix == "desk-"
    error_message = "names or boundary are not as given"
  }

  assert {
    condition     = aws_instance.this.instance_type == "m6i.2xlarge" && local.settings.enclave_memory_mib == 1024 && terraform_data.ami.input == "ami-0cccccccccccccccc"
    error_message = "type, memory or image are not as given"
  }

  assert {
    condition     = [for filter in data.aws_subnets.candidates.filter : filter.values if filter.name == "subnet-id"][0] == toset(["subnet-0cccccccccccccccc"])
    error_message = "subnet_id is not asked for"
  }

  assert {
    condition     = aws_instance.this.tags.team == "custody" && aws_ebs_volume.data.tags.team == "custody" && aws_security_group.host.tags.team == "custody" && aws_iam_role.host.tags.team == "custody" && aws_s3_bucket.blobs.tags.team == "custody"
    error_message = "a resource has no tags"
  }
}

run "a_vpc_without_a_subnet" {
  command = plan

  variables {
    vpc_id = "vpc-0123456789abcdef0"
  }

  assert {
    condition     = [for filter in data.aws_subnets.candidates.filter : filter.values if filter.name == "vpc-id"][0] == toset(["vpc-0123456789abcdef0"])
    error_message = "subnets are not looked for in the VPC given"
  }
}

run "without_either_the_default_subnets" {
  command = plan

  assert {
    condition     = [for filter in data.aws_subnets.candidates.filter : filter.values if filter.name == "default-for-az"][0] == toset(["true"])
    error_message = "not the default VPC's subnets"
  }
}
