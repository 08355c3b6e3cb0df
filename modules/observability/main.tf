# Where the node's lines go. The broker writes its numbers among them as embedded metrics (EMF): CloudWatch takes
# them out by itself, so no metric filter and no further permission is needed.

locals {
  # An ARN's name ends where its stream part begins.
  given_name = var.log_sink == null ? null : replace(replace(var.log_sink, "/^arn:.*:log-group:/", ""), "/:\\*$/", "")
}

resource "aws_cloudwatch_log_group" "this" {
  count = var.log_sink == null ? 1 : 0

  name_prefix       = "/bitcoin-enclave-node/${var.name_prefix}-"
  retention_in_days = var.retention_days
  tags              = var.tags
}
