# The two phases of a key, and what its policy never says.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  admin_role_arns = ["arn:aws:iam::123456789012:role/key-admin"]
  host_role_arn   = "arn:aws:iam::123456789012:role/btc-enclave"
}

run "phase_1_makes_a_key_that_opens_nothing" {
  command = plan

  assert {
    condition     = length([for s in jsondecode(aws_kms_key.this.policy).Statement : s if s.Effect == "Allow" && contains(flatten([s.Action]), "kms:Decrypt")]) == 0 && !output.is_open
    error_message = "the key opens seeds before an image and a config are pinned"
  }

  assert {
    condition     = aws_kms_key.this.customer_master_key_spec == "RSA_3072" && aws_kms_key.this.key_usage == "ENCRYPT_DECRYPT" && !aws_kms_key.this.multi_region
    error_message = "the enclave cannot seal to such a key"
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "a deletion can be stopped for less than 30 days"
  }

  assert {
    condition     = length(aws_cloudwatch_event_target.topics) == 0
    error_message = "an alert without a topic"
  }
}

run "phase_2_opens_for_the_pinned_image_and_config" {
  command = plan

  variables {
    pcr0  = ["9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"]
    pcr16 = ["c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"]
  }

  assert {
    condition = one([for s in jsondecode(aws_kms_key.this.policy).Statement : s if s.Effect == "Allow" && contains(flatten([s.Action]), "kms:Decrypt")]) == {
      Sid       = "OnlyThePinnedEnclaveOpens"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::123456789012:role/btc-enclave"] }
      Action    = ["kms:Decrypt"]
      Resource  = "*"
      Condition = {
        StringEquals = { "kms:EncryptionAlgorithm" = "RSAES_OAEP_SHA_256" }
        StringEqualsIgnoreCase = {
          "kms:RecipientAttestation:PCR0"  = ["9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"]
          "kms:RecipientAttestation:PCR16" = ["c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"]
        }
      }
    }
    error_message = "somebody else than the pinned enclave opens seeds"
  }

  assert {
    condition     = output.is_open
    error_message = "phase 2 is not said to be open"
  }
}

run "a_role_and_an_upgrade_narrow_and_widen" {
  command = plan

  variables {
    pcr0 = [
      "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
      "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002",
    ]
    pcr16            = ["c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"]
    pcr3             = "333300000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003"
    alarm_topic_arns = ["arn:aws:sns:us-east-1:123456789012:pager"]
    name_prefix      = "desk"
    tags             = { team = "custody" }
  }

  assert {
    condition     = jsonencode(one([for s in jsondecode(aws_kms_key.this.policy).Statement : s if s.Sid == "OnlyThePinnedEnclaveOpens"]).Condition.StringEqualsIgnoreCase) == jsonencode({ "kms:RecipientAttestation:PCR0" = var.pcr0, "kms:RecipientAttestation:PCR16" = var.pcr16, "kms:RecipientAttestation:PCR3" = [var.pcr3] })
    error_message = "the evidence asked for is not what was given"
  }

  assert {
    condition     = aws_cloudwatch_event_target.topics[0].arn == "arn:aws:sns:us-east-1:123456789012:pager" && jsondecode(aws_cloudwatch_event_rule.key.event_pattern).detail.eventName == ["DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"]
    error_message = "nobody is told of the key's end"
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.key.event_pattern).detail.resources.ARN == [aws_kms_key.this.arn]
    error_message = "the alert is about other keys"
  }

  assert {
    condition     = aws_kms_alias.this.name_prefix == "alias/desk-" && aws_kms_key.this.tags.team == "custody"
    error_message = "names or tags are not as given"
  }
}

run "a_plan_reads_and_no_more" {
  command = plan

  variables {
    reader_role_arns = ["arn:aws:iam::123456789012:role/github-actions"]
  }

  assert {
    condition     = one([for s in jsondecode(aws_kms_key.this.policy).Statement : s.Action if s.Principal == { AWS = ["arn:aws:iam::123456789012:role/github-actions"] }]) == ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
    error_message = "who plans may do more than read, or not even that"
  }
}

run "an_image_without_a_config_is_refused" {
  command         = plan
  expect_failures = [var.pcr0]

  variables {
    pcr0 = ["9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"]
  }
}

run "first_round_of_bad_values" {
  command         = plan
  expect_failures = [var.name_prefix, var.admin_role_arns, var.reader_role_arns, var.pcr16, var.pcr3]

  variables {
    name_prefix      = "Btc"
    admin_role_arns  = ["arn:aws:iam::123456789012:root"]
    reader_role_arns = ["arn:aws:iam::123456789012:root"]
    pcr16            = ["000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"]
    pcr3             = "role/btc-enclave"
  }
}

run "second_round_of_bad_values" {
  command         = plan
  expect_failures = [var.admin_role_arns, var.pcr16]

  variables {
    admin_role_arns = []
    pcr16           = []
  }
}

run "the_host_is_no_admin" {
  command         = plan
  expect_failures = [var.host_role_arn]

  variables {
    admin_role_arns = ["arn:aws:iam::123456789012:role/btc-enclave"]
  }
}

run "the_host_is_a_role_and_an_image_is_no_debug_image" {
  command         = plan
  expect_failures = [var.host_role_arn, var.pcr0]

  variables {
    host_role_arn = "arn:aws:iam::123456789012:root"
    pcr0          = ["000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"]
    pcr16         = ["c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"]
  }
}
