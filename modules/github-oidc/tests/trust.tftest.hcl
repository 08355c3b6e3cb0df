# One repository, one subject, reading only.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  github_repository = "your-github-username/your-repo-name"
}

run "main_of_one_repository_may_plan" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:your-github-username/your-repo-name:ref:refs/heads/main"
      }
    }
    error_message = "other workflows may take the role"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Federated == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "another provider than GitHub's is believed"
  }

  assert {
    condition     = alltrue([for action in flatten([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Action]) : can(regex("^[a-z0-9]+:(Describe|Get|List)", action))])
    error_message = "a plan changes something"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this.policy, "s3:GetObject\"") && !strcontains(aws_iam_role_policy.this.policy, "secretsmanager") && !strcontains(aws_iam_role_policy.this.policy, "kms:Decrypt")
    error_message = "a plan reads contents"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "the account's provider is made without being asked for"
  }
}

run "a_release_pushes_and_nothing_else" {
  command = plan

  variables {
    subject              = "environment:release"
    policy_json          = jsonencode({ Version = "2012-10-17", Statement = [] })
    create_provider      = true
    name_prefix          = "github-release-"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    tags                 = { team = "custody" }
  }

  assert {
    condition     = aws_iam_role_policy.this.policy == var.policy_json && aws_iam_role.this.name_prefix == "github-release-" && aws_iam_role.this.permissions_boundary == var.permissions_boundary && aws_iam_role.this.tags.team == "custody"
    error_message = "the role is not as given"
  }

  assert {
    condition     = endswith(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"], ":environment:release")
    error_message = "runs outside of the environment may release"
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com"
    error_message = "no provider, though asked for"
  }
}

run "a_state_in_s3_is_read" {
  command = plan

  variables {
    state_object_arn = "arn:aws:s3:::my-terraform-state/enclave.tfstate"
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Resource if s.Sid == "ReadTheState"]) == ["arn:aws:s3:::my-terraform-state/enclave.tfstate"]
    error_message = "the plan reads other objects than the state"
  }
}

run "first_round_of_bad_values" {
  command         = plan
  expect_failures = [var.github_repository, var.subject, var.name_prefix, var.policy_json, var.state_object_arn]

  variables {
    github_repository = "your-github-username/*"
    subject           = "ref:refs/heads/*"
    name_prefix       = ""
    policy_json       = "{}"
    state_object_arn  = "arn:aws:s3:::my-terraform-state/*"
  }
}

run "second_round_of_bad_values" {
  command         = plan
  expect_failures = [var.github_repository, var.subject, var.name_prefix]

  variables {
    github_repository = "your-repo-name"
    subject           = "pull_request"
    name_prefix       = "a name with blanks"
  }
}
