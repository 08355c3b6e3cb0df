# The key policy alone decides: no statement hands the key over to IAM (no account root), so no other policy in the
# account can add to it. Two phases, because PCR16 measures a config that holds this key's public key.

locals {
  is_open = var.pcr0 != null && var.pcr16 != null

  evidence = merge(
    {
      "kms:RecipientAttestation:PCR0"  = var.pcr0
      "kms:RecipientAttestation:PCR16" = var.pcr16
    },
    var.pcr3 == null ? {} : { "kms:RecipientAttestation:PCR3" = [var.pcr3] },
  )

  # Each in its own statement: conditions in one would have to fail together.
  deny_without = {
    NeverWithoutImageEvidence  = "kms:RecipientAttestation:PCR0"
    NeverWithoutConfigEvidence = "kms:RecipientAttestation:PCR16"
  }

  statements = concat(
    [
      local.is_open ? {
        Sid       = "OnlyThePinnedEnclaveOpens"
        Effect    = "Allow"
        Principal = { AWS = [var.host_role_arn] }
        Action    = ["kms:Decrypt"]
        Resource  = "*"
        Condition = {
          StringEqualsIgnoreCase = local.evidence
          StringEquals           = { "kms:EncryptionAlgorithm" = "RSAES_OAEP_SHA_256" }
        }
      } : null,
      {
        Sid       = "TheHostChecksTheKey"
        Effect    = "Allow"
        Principal = { AWS = [var.host_role_arn] }
        Action    = ["kms:DescribeKey", "kms:GetPublicKey"]
        Resource  = "*"
      },
      {
        Sid       = "AdminsKeepItWithoutUsingIt"
        Effect    = "Allow"
        Principal = { AWS = var.admin_role_arns }
        Action = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey",
          "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListAliases", "kms:ListResourceTags",
          "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
          "kms:UpdateKeyDescription",
        ]
        Resource = "*"
      },
      length(var.reader_role_arns) == 0 ? null : {
        Sid       = "ReadersPlan"
        Effect    = "Allow"
        Principal = { AWS = var.reader_role_arns }
        Action    = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
        Resource  = "*"
      },
      {
        Sid       = "NoWayAround"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["kms:CreateGrant", "kms:DeriveSharedSecret", "kms:ReEncrypt*", "kms:ReplicateKey", "kms:Sign"]
        Resource  = "*"
      },
    ],
    [for sid, key in local.deny_without : {
      Sid       = sid
      Effect    = "Deny"
      Principal = "*"
      Action    = ["kms:Decrypt"]
      Resource  = "*"
      Condition = { Null = { (key) = "true" } }
    }],
  )

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.statements : statement if statement != null]
  })
}
