# The key that sealed seeds are wrapped to. Asymmetric: the enclave encrypts to its public key, which is in the measured
# config, so that no reply a host could forge ever seals anything; only opening asks KMS.

resource "aws_kms_key" "this" {
  description              = "Seeds of a Bitcoin enclave: opened for a pinned image under a pinned config only"
  customer_master_key_spec = "RSA_3072"
  key_usage                = "ENCRYPT_DECRYPT"
  multi_region             = false
  deletion_window_in_days  = 30
  policy                   = local.policy
  tags                     = merge(var.tags, { Name = var.name_prefix })

  lifecycle {
    prevent_destroy = true # losing the key loses every wallet sealed to it
  }
}

resource "aws_kms_alias" "this" {
  name_prefix   = "alias/${var.name_prefix}-"
  target_key_id = aws_kms_key.this.key_id
}
