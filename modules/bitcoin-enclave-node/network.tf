# Who reaches the host, and whom it reaches. Rules are resources of their own, so that a change touches one of them.

locals {
  world = { "0.0.0.0/0" = false, "::/0" = true } # true: IPv6
}

resource "aws_security_group" "host" {
  name_prefix = "${var.name_prefix}-"
  description = "Host of a Bitcoin enclave"
  vpc_id      = data.aws_subnet.this.vpc_id
  tags        = merge(var.tags, { Name = var.name_prefix })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "ssh" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.host.id
  description       = "SSH"
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = strcontains(each.key, ":") ? null : each.key
  cidr_ipv6         = strcontains(each.key, ":") ? each.key : null
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  for_each = toset(var.api_cidrs)

  security_group_id = aws_security_group.host.id
  description       = "The node's API, HTTPS"
  ip_protocol       = "tcp"
  from_port         = local.api_port
  to_port           = local.api_port
  cidr_ipv4         = strcontains(each.key, ":") ? null : each.key
  cidr_ipv6         = strcontains(each.key, ":") ? each.key : null
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = var.restrict_egress ? {} : local.world

  security_group_id = aws_security_group.host.id
  description       = "HTTPS: AWS, packages, the repository"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value ? null : each.key
  cidr_ipv6         = each.value ? each.key : null
  tags              = var.tags
}

# Debian's mirrors: the container that builds has no certificates to check HTTPS with, and apt checks signatures.
resource "aws_vpc_security_group_egress_rule" "build" {
  for_each = var.eif_image == null ? local.world : {}

  security_group_id = aws_security_group.host.id
  description       = "HTTP: signed packages of the build"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = each.value ? null : each.key
  cidr_ipv6         = each.value ? each.key : null
  tags              = var.tags
}

data "aws_vpc" "this" {
  count = var.restrict_egress ? 1 : 0

  id = data.aws_subnet.this.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = var.restrict_egress ? 1 : 0

  security_group_id = aws_security_group.host.id
  description       = "HTTPS to the VPC's interface endpoints"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = data.aws_vpc.this[0].cidr_block
  tags              = var.tags
}

data "aws_ec2_managed_prefix_list" "s3" {
  count = var.restrict_egress ? 1 : 0

  name = "com.amazonaws.${var.aws_region}.s3"
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count = var.restrict_egress ? 1 : 0

  security_group_id = aws_security_group.host.id
  description       = "HTTPS to S3 by its gateway: packages, image layers, sealed blobs"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = data.aws_ec2_managed_prefix_list.s3[0].id
  tags              = var.tags
}
