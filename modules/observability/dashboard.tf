# One page: can it sign, does it, does anything fail.

locals {
  graphs = {
    "Can sign"          = { metrics = ["ready"], statistic = "Minimum" }
    "Signed"            = { metrics = ["signing_operations"], statistic = "Sum" }
    "Requests, refused" = { metrics = ["requests", "refusals"], statistic = "Sum" }
    "Latency (ms)"      = { metrics = ["request_latency"], statistic = "Average" }
    "Failures"          = { metrics = ["attestation_failures", "kms_failures", "enclave_restarts"], statistic = "Sum" }
    "Disk used (%)"     = { metrics = ["disk_used_percent"], statistic = "Maximum" }
  }
  graph_titles = ["Can sign", "Signed", "Requests, refused", "Latency (ms)", "Failures", "Disk used (%)"]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.node_name
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 2
        properties = {
          title  = "Alarms"
          alarms = concat([for alarm in aws_cloudwatch_metric_alarm.node : alarm.arn], [aws_cloudwatch_metric_alarm.host.arn])
        }
      }],
      [for i, title in local.graph_titles : {
        type = "metric", x = 8 * (i % 3), y = 2 + 6 * floor(i / 3), width = 8, height = 6
        properties = {
          title   = title
          region  = var.aws_region
          view    = "timeSeries"
          period  = 60
          stat    = local.graphs[title].statistic
          metrics = [for name in local.graphs[title].metrics : [local.namespace, name, "Node", var.node_name]]
        }
      }],
    )
  })
}
