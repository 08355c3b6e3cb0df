output "key_arn" {
  description = "ARN of the key: the node's `kms_key_arn`, and `benctl config new --kms-key-arn`."
  value       = aws_kms_key.this.arn
}

output "policy" {
  description = "The key policy as it stands, JSON."
  value       = local.policy
}

output "is_open" {
  description = "False in phase 1: the key is there and nobody may decrypt with it."
  value       = local.is_open
}
