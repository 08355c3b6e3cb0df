# examples/complete through its life: the key first, then the image, then everything pinned.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  key_admin_role_arns  = ["arn:aws:iam::123456789012:role/key-admin"]
  git_repository_url   = "https://example.com/node.git"
  expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
}

run "phase_1_builds_on_the_host" {
  command = plan

  variables {
    git_ref = "0123456789abcdef0123456789abcdef01234567"
  }

  assert {
    condition     = !output.key_is_open && length(aws_internet_gateway.build) == 1
    error_message = "phase 1 opens the key, or cannot build"
  }
}

run "phase_2_pulls_and_opens" {
  command = plan

  variables {
    eif_digest        = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    config_file       = "../../tests/aws/runs/config.json"
    config_pcr16      = "c16000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000016"
    github_repository = "your-github-username/your-repo-name"
    alarm_email       = "custody@example.com"
  }

  assert {
    condition     = output.key_is_open && length(aws_internet_gateway.build) == 0 && length(aws_route.build) == 0
    error_message = "phase 2 leaves the key shut, or a way to the internet"
  }

  assert {
    condition     = output.github_actions_role_arn != null && output.github_release_role_arn != null && length(aws_sns_topic_subscription.mail) == 1
    error_message = "roles or mail are missing"
  }
}
