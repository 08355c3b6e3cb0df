# A subnet that reaches AWS through endpoints. A way to the internet is there only while the host builds its image.

resource "aws_vpc" "this" {
  cidr_block           = "10.77.0.0/24"
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = merge(local.tags, { Name = var.name_prefix })
}

resource "aws_subnet" "host" {
  vpc_id                  = aws_vpc.this.id
  cidr_block              = "10.77.0.0/26"
  map_public_ip_on_launch = var.eif_digest == null
  tags                    = merge(local.tags, { Name = var.name_prefix })
}

resource "aws_route_table" "host" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name_prefix })
}

resource "aws_route_table_association" "host" {
  subnet_id      = aws_subnet.host.id
  route_table_id = aws_route_table.host.id
}

resource "aws_internet_gateway" "build" {
  count = var.eif_digest == null ? 1 : 0

  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name_prefix })
}

resource "aws_route" "build" {
  count = var.eif_digest == null ? 1 : 0

  route_table_id         = aws_route_table.host.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.build[0].id
}

resource "aws_security_group" "endpoints" {
  name_prefix = "${var.name_prefix}-endpoints-"
  description = "Interface endpoints of the enclave's subnet"
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name_prefix}-endpoints" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the host"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = module.enclave_node.security_group_id
  tags                         = local.tags
}

resource "aws_vpc_endpoint" "interface" {
  for_each = toset(["ec2messages", "ecr.api", "ecr.dkr", "kms", "logs", "monitoring", "ssm", "ssmmessages"])

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.aws_region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [aws_subnet.host.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  tags                = merge(local.tags, { Name = "${var.name_prefix}-${each.key}" })
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.aws_region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.host.id]
  tags              = merge(local.tags, { Name = "${var.name_prefix}-s3" })
}
