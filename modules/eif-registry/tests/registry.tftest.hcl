# What is released stays as it was.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

run "a_tag_never_moves" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push && !aws_ecr_repository.this.force_delete
    error_message = "images can change or vanish, or are not scanned"
  }

  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this.policy).rules : rule.selection.tagStatus] == ["untagged"]
    error_message = "released images expire"
  }

  assert {
    condition     = one([for s in jsondecode(output.push_policy_json).Statement : s.Resource if contains(s.Action, "ecr:PutImage")]) == [aws_ecr_repository.this.arn]
    error_message = "a release may push elsewhere"
  }
}

run "name_and_tags_as_given" {
  command = plan

  variables {
    name = "team/btc-enclave"
    tags = { team = "custody" }
  }

  assert {
    condition     = aws_ecr_repository.this.name == "team/btc-enclave" && aws_ecr_repository.this.tags.team == "custody"
    error_message = "the repository is not as given"
  }
}

run "a_bad_name" {
  command         = plan
  expect_failures = [var.name]

  variables {
    name = "Team//btc"
  }
}
