# What somebody has to look at. The metrics are the broker's, but the disk's, which the CloudWatch agent sends.

locals {
  namespace = "BitcoinEnclaveNode"

  # Of each metric: the statistic over `seconds`, and the comparison that raises the alarm. `missing`: what no data means.
  alarms = {
    attestation-failures = {
      says = "Evidence of the enclave did not verify: another image, or a forged document."
      name = "attestation_failures", statistic = "Sum", seconds = 300
      over = true, threshold = 0, missing = "notBreaching"
    }
    signing-rate = {
      says = "More transactions were signed than this node is meant for: is a requester's key stolen?"
      name = "signing_operations", statistic = "Sum", seconds = 60
      over = true, threshold = var.signings_per_minute_max, missing = "notBreaching"
    }
    enclave-restarts = {
      says = "The enclave was lost and started again."
      name = "enclave_restarts", statistic = "Sum", seconds = 300
      over = true, threshold = 0, missing = "notBreaching"
    }
    heartbeat = {
      says = "The broker sends no metrics: host, broker or log agent is down."
      name = "ready", statistic = "SampleCount", seconds = 300
      over = false, threshold = 1, missing = "breaching"
    }
    cannot-sign = {
      says = "The node runs and cannot sign: no wallet yet, or its seed did not open."
      name = "ready", statistic = "Maximum", seconds = 300
      over = false, threshold = 1, missing = "notBreaching" # the heartbeat's alarm tells that
    }
    disk = {
      says = "A disk of the host is nearly full: blobs may not be stored any more."
      name = "disk_used_percent", statistic = "Maximum", seconds = 300
      over = true, threshold = 80, missing = "breaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "node" {
  for_each = local.alarms

  alarm_name          = "${var.node_name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = local.namespace
  metric_name         = each.value.name
  dimensions          = { Node = var.node_name }
  statistic           = each.value.statistic
  period              = each.value.seconds
  evaluation_periods  = 1
  comparison_operator = each.value.over ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "host" {
  alarm_name          = "${var.node_name}-host"
  alarm_description   = "EC2's own checks of the host fail."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  dimensions          = { InstanceId = var.instance_id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}
