# The host of the enclave. It holds nothing of its own: what has to stay lies in storage.tf, so it can be replaced.

locals {
  # Unique in account and region, and as lasting as the deployment: two of them with one prefix do not meet.
  node_name = aws_iam_role.host.name

  api_port   = length(var.api_cidrs) > 0 ? 8443 : 8080
  api_listen = length(var.api_cidrs) > 0 ? "0.0.0.0:8443" : "127.0.0.1:8080"

  # All that the host is told, as one file: no value becomes a word of a shell.
  settings = {
    name                 = local.node_name
    region               = var.aws_region
    repository_url       = var.git_repository_url
    git_ref              = var.git_ref
    eif_image            = var.eif_image
    expected_measurement = var.expected_measurement
    expected_pcr16       = var.expected_pcr16
    signer_config        = var.signer_config
    signer_policy        = var.signer_policy
    enclave_cpu_count    = var.enclave_cpu_count
    enclave_memory_mib   = var.enclave_memory_mib
    log_group            = module.observability.log_group_name
    kms_key_arn          = var.kms_key_arn
    data_volume_device   = local.data_volume_device
    blob_bucket          = aws_s3_bucket.blobs.id
    api_listen           = local.api_listen
    restrict_egress      = var.restrict_egress
  }

  user_data = templatefile("${path.module}/templates/user_data.sh.tftpl", { settings_json = jsonencode(local.settings) })
}

resource "aws_instance" "this" {
  ami                         = terraform_data.ami.output
  instance_type               = var.instance_type
  subnet_id                   = data.aws_subnet.this.id
  vpc_security_group_ids      = [aws_security_group.host.id]
  associate_public_ip_address = var.restrict_egress ? false : null # else as the subnet says
  iam_instance_profile        = aws_iam_instance_profile.host.name
  monitoring                  = true
  user_data                   = local.user_data
  user_data_replace_on_change = true # user data runs once: a change means a new host

  enclave_options {
    enabled = true
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  root_block_device {
    encrypted             = true
    volume_type           = "gp3"
    volume_size           = 30 # the way that builds needs 20
    delete_on_termination = true
    tags                  = merge(var.tags, { Name = "${var.name_prefix}-root" })
  }

  tags = merge(var.tags, { Name = var.name_prefix })

  # User data begins at once: what it reaches and what it may do has to be there.
  depends_on = [
    aws_iam_role_policy.host,
    aws_iam_role_policy_attachment.session_manager,
    aws_s3_bucket_versioning.blobs,
    aws_vpc_security_group_egress_rule.build,
    aws_vpc_security_group_egress_rule.endpoints,
    aws_vpc_security_group_egress_rule.https,
    aws_vpc_security_group_egress_rule.s3,
  ]

  lifecycle {
    precondition {
      condition     = startswith(local.user_data, "#!") && length(base64encode(local.user_data)) <= 21848 # 16 KiB
      error_message = "signer_config and signer_policy do not fit into 16 KiB of user data: make the policy shorter, or give it such as by benctl policy set."
    }
  }
}
