# What the host may do in AWS. It is the attacker in our threat model: each statement says why it is there.

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # 123456789012.dkr.ecr.us-east-1.amazonaws.com/name@sha256:... -> account, region, name
  eif_parts = var.eif_image == null ? null : regex("^(?P<account>[0-9]{12})\\.dkr\\.ecr\\.(?P<region>[a-z0-9-]+)\\.[a-z.]+/(?P<name>[^@]+)@", var.eif_image)
  eif_repository_arn = local.eif_parts == null ? null : join(":", [
    "arn", local.partition, "ecr", local.eif_parts.region, local.eif_parts.account, "repository/${local.eif_parts.name}",
  ])

  decrypt_pcrs = merge(
    { "kms:RecipientAttestation:PCR0" = var.expected_measurement },
    var.expected_pcr16 == null ? {} : { "kms:RecipientAttestation:PCR16" = var.expected_pcr16 },
  )

  host_statements = [
    {
      Sid      = "WriteItsLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = ["${local.log_group_arn}:*"]
    },
    {
      Sid       = "ShowItsDisk" # PutMetricData knows no resources
      Effect    = "Allow"
      Action    = ["cloudwatch:PutMetricData"]
      Resource  = ["*"]
      Condition = { StringEquals = { "cloudwatch:namespace" = "BitcoinEnclaveNode" } }
    },
    {
      Sid      = "CopySealedBlobs"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = ["${aws_s3_bucket.blobs.arn}/${local.blob_prefix}*"]
    },
    {
      Sid       = "FindSealedBlobs"
      Effect    = "Allow"
      Action    = ["s3:ListBucket"]
      Resource  = [aws_s3_bucket.blobs.arn]
      Condition = { StringLike = { "s3:prefix" = "${local.blob_prefix}*" } }
    },
    var.eif_image == null ? null : {
      Sid      = "PullTheImage"
      Effect   = "Allow"
      Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = [local.eif_repository_arn]
    },
    var.eif_image == null ? null : {
      Sid      = "LogInToEcr" # GetAuthorizationToken knows no resources
      Effect   = "Allow"
      Action   = ["ecr:GetAuthorizationToken"]
      Resource = ["*"]
    },
    var.kms_key_arn == null ? null : {
      Sid      = "CheckTheKey"
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:GetPublicKey"]
      Resource = [var.kms_key_arn]
    },
    # Nothing to relay before an image is pinned.
    var.kms_key_arn == null || var.expected_measurement == "" ? null : {
      Sid       = "RelayWhatThePinnedEnclaveAsksFor"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEqualsIgnoreCase = local.decrypt_pcrs }
    },
  ]

  log_group_arn = "arn:${local.partition}:logs:${var.aws_region}:${local.account}:log-group:${module.observability.log_group_name}"
}

resource "aws_iam_role" "host" {
  name_prefix          = "${var.name_prefix}-"
  description          = "Host of a Bitcoin enclave"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheInstance"
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy" "host" {
  name_prefix = "${var.name_prefix}-"
  role        = aws_iam_role.host.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.host_statements : statement if statement != null]
  })
}

# Session Manager in place of SSH.
resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.host.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "host" {
  name_prefix = "${var.name_prefix}-"
  role        = aws_iam_role.host.name
  tags        = var.tags

  lifecycle {
    create_before_destroy = true
  }
}
