# What `terraform plan` of these modules reads: descriptions of resources, and no content of any but the state.

locals {
  plan_actions = [
    "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
    "ec2:Describe*", "ec2:GetManagedPrefixListEntries",
    "ecr:DescribeRepositories", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
    "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
    "iam:GetInstanceProfile", "iam:GetOpenIDConnectProvider", "iam:GetRole", "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
    "kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListResourceTags",
    "logs:DescribeLogGroups", "logs:ListTagsForResource",
    "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
    "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration", "s3:ListBucket",
    "sns:GetTopicAttributes", "sns:ListTagsForResource",
    "sts:GetCallerIdentity",
  ]

  plan_statements = [
    {
      Sid      = "ReadDescriptions"
      Effect   = "Allow"
      Action   = local.plan_actions
      Resource = ["*"]
    },
    {
      Sid      = "ReadTheNewestAmazonLinux"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = ["arn:${data.aws_partition.current.partition}:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*"]
    },
    var.state_object_arn == null ? null : {
      Sid      = "ReadTheState"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = [var.state_object_arn]
    },
  ]

  plan_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.plan_statements : statement if statement != null]
  })
}
