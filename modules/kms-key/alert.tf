# KMS has no metric for a key's state: CloudTrail's events tell who is about to end it, while it can still be stopped.

resource "aws_cloudwatch_event_rule" "key" {
  name_prefix = "${var.name_prefix}-key-"
  description = "The signer's key is being disabled, deleted, or its policy changed"
  tags        = var.tags
  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail = {
      eventSource = ["kms.amazonaws.com"]
      eventName   = ["DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion"]
      resources   = { ARN = [aws_kms_key.this.arn] }
    }
  })
}

resource "aws_cloudwatch_event_target" "topics" {
  count = length(var.alarm_topic_arns)

  rule = aws_cloudwatch_event_rule.key.name
  arn  = var.alarm_topic_arns[count.index]
}
