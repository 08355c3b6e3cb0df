module "observability" {
  source = "../observability"

  name_prefix      = var.name_prefix
  node_name        = local.node_name
  instance_id      = aws_instance.this.id
  aws_region       = var.aws_region
  log_sink         = var.log_sink
  alarm_topic_arns = var.alarm_topic_arns
  tags             = var.tags
}
