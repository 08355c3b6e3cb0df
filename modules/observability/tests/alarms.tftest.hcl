# What an operator is told of.

mock_provider "aws" {
  source          = "../../tests/aws/mocks"
  override_during = plan
}

variables {
  aws_region  = "us-east-1"
  name_prefix = "btc-enclave"
  node_name   = "btc-enclave-1"
  instance_id = "i-0123456789abcdef0"
}

run "every_alarm_is_there_and_silent_without_topics" {
  command = plan

  assert {
    condition     = sort(keys(output.alarm_arns)) == sort(["attestation-failures", "cannot-sign", "disk", "enclave-restarts", "heartbeat", "host", "signing-rate"])
    error_message = "an alarm is missing"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.node["heartbeat"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.node["heartbeat"].statistic == "SampleCount"
    error_message = "a host that is gone raises no alarm"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.node["attestation-failures"].threshold == 0 && aws_cloudwatch_metric_alarm.node["attestation-failures"].comparison_operator == "GreaterThanThreshold"
    error_message = "a forged document raises no alarm"
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.node : alarm.dimensions == tomap({ Node = "btc-enclave-1" }) && alarm.namespace == "BitcoinEnclaveNode" && length(alarm.alarm_actions) == 0])
    error_message = "an alarm listens to other nodes"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this[0].retention_in_days == 90
    error_message = "logs are kept for ever, or not at all"
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 7 && alltrue([for widget in slice(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets, 1, 7) : alltrue([for metric in widget.properties.metrics : metric[0] == "BitcoinEnclaveNode" && metric[2] == "Node" && metric[3] == "btc-enclave-1"])])
    error_message = "a graph of the dashboard shows something else"
  }
}

run "topics_group_and_limits_as_given" {
  command = plan

  variables {
    log_sink                = "/btc/enclave"
    signings_per_minute_max = 5
    alarm_topic_arns        = ["arn:aws:sns:us-east-1:123456789012:pager"]
    tags                    = { team = "custody" }
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) == 0 && output.log_group_name == "/btc/enclave"
    error_message = "a second log group"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.node["signing-rate"].threshold == 5 && aws_cloudwatch_metric_alarm.host.tags.team == "custody"
    error_message = "limit or tags are not as given"
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.node), [aws_cloudwatch_metric_alarm.host]) : alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:123456789012:pager"])])
    error_message = "an alarm tells nobody"
  }
}

run "logs_kept_for_a_year" {
  command = plan

  variables {
    retention_days = 365
  }

  assert {
    condition     = aws_cloudwatch_log_group.this[0].retention_in_days == 365
    error_message = "logs are not kept as long as asked for"
  }
}

run "bad_values" {
  command         = plan
  expect_failures = [var.retention_days, var.signings_per_minute_max]

  variables {
    retention_days          = 91
    signings_per_minute_max = 0
  }
}
