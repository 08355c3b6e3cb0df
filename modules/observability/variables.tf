variable "aws_region" {
  description = "The region of the dashboard's graphs."
  type        = string
  nullable    = false
}

variable "name_prefix" {
  description = "Prefix of what AWS may name further."
  type        = string
  nullable    = false
}

variable "node_name" {
  description = "Value of the metrics' dimension Node, and first part of the alarms' names: unique in the account."
  type        = string
  nullable    = false
}

variable "instance_id" {
  description = "The host, for its status checks."
  type        = string
  nullable    = false
}

variable "log_sink" {
  description = "ARN or name of an existing log group, known when planning. Null: one is made."
  type        = string
  default     = null
}

variable "retention_days" {
  description = "Days that the log group made here keeps a line."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_days)
    error_message = "retention_days must be a number that CloudWatch Logs knows, such as 90 or 365."
  }
}

variable "signings_per_minute_max" {
  description = "More signed transactions a minute than this raise an alarm."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.signings_per_minute_max >= 1
    error_message = "signings_per_minute_max must be at least 1, such as 60."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics that alarms are sent to."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that can have them."
  type        = map(string)
  default     = {}
  nullable    = false
}
