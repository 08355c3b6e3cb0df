# The documented defaults plan, harden the host, and are warned of where they should not stay.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  aws_region         = "us-east-1"
  git_repository_url = "https://example.com/node.git"
  git_ref            = "0123456789abcdef0123456789abcdef01234567"
}

run "all_defaults_plan_with_three_warnings" {
  command         = plan
  expect_failures = [check.measurement, check.ssh, check.cores]
}

run "good_values_are_not_warned_of" {
  command = plan

  variables {
    allowed_cidrs        = ["203.0.113.7/32"]
    enclave_cpu_count    = 2
    expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "instance metadata answers without a token, or over a second hop"
  }

  assert {
    condition     = aws_instance.this.enclave_options[0].enabled
    error_message = "the instance cannot run enclaves"
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_size >= 20 && aws_ebs_volume.data.encrypted
    error_message = "a volume is not encrypted, or the root too small to build on"
  }

  assert {
    condition     = aws_instance.this.user_data_replace_on_change
    error_message = "a changed setting would not reach the host: user data runs once"
  }

  assert {
    condition     = startswith(aws_instance.this.user_data, "#!/") && length(base64encode(aws_instance.this.user_data)) <= 21848
    error_message = "user data is no script, or over 16 KiB"
  }

  assert {
    condition     = aws_instance.this.subnet_id == data.aws_subnet.this.id && data.aws_subnet.this.id == "subnet-0aaaaaaaaaaaaaaaa"
    error_message = "the subnet depends on the order of an answer"
  }

  assert {
    condition     = local.settings.api_listen == "127.0.0.1:8080" && length(aws_vpc_security_group_ingress_rule.api) == 0
    error_message = "the API is open without being asked for"
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.ssh : "${rule.cidr_ipv4} ${rule.from_port}-${rule.to_port}"] == ["203.0.113.7/32 22-22"]
    error_message = "SSH is open to others than allowed_cidrs"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443 && rule.ip_protocol == "tcp"]) && length(aws_vpc_security_group_egress_rule.https) == 2
    error_message = "the host reaches more than HTTPS"
  }

  assert {
    condition     = output.instance_id == "i-0123456789abcdef0" && output.instance_public_ip == "203.0.113.10" && output.enclave_measurement == var.expected_measurement
    error_message = "the three documented outputs are wrong"
  }

  assert {
    condition     = strcontains(output.verify_command, "benctl verify") && strcontains(output.verify_command, "i-0123456789abcdef0")
    error_message = "verify_command does not lead to this instance"
  }

  assert {
    condition     = length(regexall("kms:", aws_iam_role_policy.host.policy)) == 0
    error_message = "a host without a key has KMS permissions"
  }

  assert {
    condition     = aws_s3_bucket_versioning.blobs.versioning_configuration[0].status == "Enabled"
    error_message = "an overwritten blob would be lost"
  }
}

run "every_setting_reaches_the_host_as_data" {
  command = plan

  variables {
    allowed_cidrs        = []
    enclave_cpu_count    = 2
    expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
    signer_config        = "{\"network\":\"$(reboot)`reboot`'; reboot\"}"
  }

  assert {
    condition     = strcontains(aws_instance.this.user_data, base64encode(jsonencode(local.settings))) && !strcontains(aws_instance.this.user_data, "reboot")
    error_message = "a value stands in the script's text"
  }

  assert {
    condition     = sort(keys(local.settings)) == sort(["name", "region", "repository_url", "git_ref", "eif_image", "expected_measurement", "expected_pcr16", "signer_config", "signer_policy", "enclave_cpu_count", "enclave_memory_mib", "log_group", "kms_key_arn", "data_volume_device", "blob_bucket", "api_listen", "restrict_egress"])
    error_message = "the settings are not those that user_data.sh.tftpl reads"
  }

  assert {
    condition     = local.settings.data_volume_device == "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0"
    error_message = "the data volume is not named by its id"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.ssh) == 0
    error_message = "an empty allowed_cidrs leaves SSH open"
  }
}
