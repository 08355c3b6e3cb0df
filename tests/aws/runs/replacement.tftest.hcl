# Another machine image, another measurement, other user data: a new host, beside the same volume, bucket and key.
# Afterwards terraform tries to destroy all of it; the test that starts this looks for what refuses.

mock_provider "aws" {
  source = "../../tests/aws/mocks"
}

variables {
  key_admin_role_arns  = ["arn:aws:iam::123456789012:role/key-admin"]
  git_repository_url   = "https://example.com/node.git"
  git_ref              = "0123456789abcdef0123456789abcdef01234567"
  expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
}

# Registry, network and key are not there yet either: what depends on them is unknown, and no count may be.
run "a_first_plan_that_pulls" {
  command = plan

  variables {
    eif_digest        = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    github_repository = "your-github-username/your-repo-name"
  }
}

run "deployed" {
  command = apply
}

run "replaced" {
  command = plan

  plan_options {
    replace = [module.enclave_node.aws_instance.this, module.enclave_node.terraform_data.ami]
  }

  variables {
    git_ref              = "fedcba9876543210fedcba9876543210fedcba98"
    expected_measurement = "9a8b00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000002"
  }
}
