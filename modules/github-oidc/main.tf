# A role for one repository's workflow, by GitHub's short-lived tokens: no long-lived secret anywhere.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  host         = "token.actions.githubusercontent.com"
  provider_arn = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${local.host}"
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_provider ? 1 : 0

  url            = "https://${local.host}"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

resource "aws_iam_role" "this" {
  name_prefix          = var.name_prefix
  description          = "GitHub Actions of ${var.github_repository}, ${var.subject}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OneRepositoryOneSubject"
      Effect    = "Allow"
      Principal = { Federated = local.provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.host}:aud" = "sts.amazonaws.com"
          "${local.host}:sub" = "repo:${var.github_repository}:${var.subject}"
        }
      }
    }]
  })

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy" "this" {
  name_prefix = var.name_prefix
  role        = aws_iam_role.this.id
  policy      = var.policy_json != null ? var.policy_json : local.plan_policy
}
