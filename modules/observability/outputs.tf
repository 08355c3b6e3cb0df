output "log_group_name" {
  description = "Name of the log group: the one given, or the one made."
  value       = var.log_sink == null ? aws_cloudwatch_log_group.this[0].name : local.given_name
}

output "alarm_arns" {
  description = "ARNs of the alarms, by what they tell."
  value       = merge({ for key, alarm in aws_cloudwatch_metric_alarm.node : key => alarm.arn }, { host = aws_cloudwatch_metric_alarm.host.arn })
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}
