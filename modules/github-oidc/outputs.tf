output "role_arn" {
  description = "ARN of the role: `role-to-assume` of the workflow."
  value       = aws_iam_role.this.arn
}
